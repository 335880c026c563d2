"""What is wrong with each false alarm, as TIDE parts them (Bolya et al., 2020; IoU 0.5 and 0.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.outcomes import Outcomes

FOREGROUND, BACKGROUND = 0.5, 0.1


class Mistake(StrEnum):
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
    """Every false alarm with its kind; ignored objects have no part in it.

    Args:
        boxes: float32 [D, 4], by falling score.
        labels: int64 [D].
        truth: float32 [G, 4], in the same frame.
        truth_labels: int64 [G].
        outcomes: of `judge`.
    """
    rows = outcomes.false_alarms.nonzero()[:, 0].tolist()
    if not rows or not len(truth):
        return [FalseAlarm(row, Mistake.BACKGROUND, None, 0.0) for row in rows]
    iou = box_iou(boxes[rows], truth).cpu().masked_fill(outcomes.ignored, 0.0)
    same = labels[rows].cpu()[:, None] == truth_labels.cpu()
    right, wrong = torch.where(same, iou, 0.0), torch.where(same, 0.0, iou)
    taken = torch.where(outcomes.found, right, 0.0)
    nearest = [zip(*(part.tolist() for part in of.max(dim=1)), strict=True) for of in (right, wrong, taken, iou)]
    return [_kind(row, *near) for row, *near in zip(rows, *nearest, strict=True)]


Near = tuple[float, int]
"""An IoU, and the object it is with."""


def _kind(detection: int, right: Near, wrong: Near, taken: Near, any_: Near) -> FalseAlarm:
    if BACKGROUND <= right[0] <= FOREGROUND:
        mistake, (iou, near) = Mistake.LOCALISATION, right
    elif wrong[0] >= FOREGROUND:
        mistake, (iou, near) = Mistake.CLASS, wrong
    elif taken[0] >= FOREGROUND:
        mistake, (iou, near) = Mistake.DUPLICATE, taken
    elif any_[0] <= BACKGROUND:
        return FalseAlarm(detection, Mistake.BACKGROUND, None, any_[0])
    else:
        mistake, (iou, near) = Mistake.BOTH, any_
    return FalseAlarm(detection, mistake, near, iou)
