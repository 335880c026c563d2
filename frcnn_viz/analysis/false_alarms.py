"""What is wrong with each false alarm, as TIDE parts them (Bolya et al., 2020; IoU 0.5 and 0.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.outcomes import Outcomes

FOREGROUND, BACKGROUND = 0.5, 0.1


class Mistake(str, Enum):
    """The kinds, in the order in which they are tried."""

    LOCALISATION = "badly placed"
    CLASS = "wrong class"
    DUPLICATE = "duplicate"
    BACKGROUND = "background"
    BOTH = "wrong class and badly placed"


@dataclass(frozen=True)
class FalseAlarm:
    """One detection that found nothing.

    Attributes:
        detection: its index. mistake: which kind.
        object: the object it comes nearest to; None for background. iou: with it.
    """

    detection: int
    mistake: Mistake
    object: int | None
    iou: float


def false_alarms(
    boxes: Tensor, labels: Tensor, truth: Tensor, truth_labels: Tensor, outcomes: Outcomes
) -> list[FalseAlarm]:
    """Every false alarm with its kind.

    Args:
        boxes: float32 [D, 4], by falling score.
        labels: int64 [D].
        truth: float32 [G, 4], in the same frame.
        truth_labels: int64 [G].
        outcomes: of `judge`.
    """
    iou = box_iou(boxes, truth).cpu() if len(boxes) and len(truth) else torch.zeros(len(boxes), len(truth))
    same = labels.cpu()[:, None] == truth_labels.cpu()
    used = outcomes.detection_of_object >= 0
    return [_kind(n, iou[n], same[n], used) for n in outcomes.false_alarms.nonzero()[:, 0].tolist()]


def _kind(detection: int, iou: Tensor, same: Tensor, used: Tensor) -> FalseAlarm:
    if not len(iou):
        return FalseAlarm(detection, Mistake.BACKGROUND, None, 0.0)
    right, wrong = torch.where(same, iou, 0.0), torch.where(same, 0.0, iou)
    taken = torch.where(used, right, 0.0)
    if BACKGROUND <= right.max() <= FOREGROUND:
        return _near(detection, Mistake.LOCALISATION, right)
    if wrong.max() >= FOREGROUND:
        return _near(detection, Mistake.CLASS, wrong)
    if taken.max() >= FOREGROUND:
        return _near(detection, Mistake.DUPLICATE, taken)
    if iou.max() <= BACKGROUND:
        return FalseAlarm(detection, Mistake.BACKGROUND, None, float(iou.max()))
    return _near(detection, Mistake.BOTH, iou)


def _near(detection: int, mistake: Mistake, iou: Tensor) -> FalseAlarm:
    return FalseAlarm(detection, mistake, int(iou.argmax()), float(iou.max()))
