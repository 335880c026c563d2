"""How far each object gets: the one table from which recalls, losses and verdicts are read.

An object is alive after a stage while a box of that stage overlaps it by the threshold; from the refined boxes on, a
box of its class. The last stage pairs: a detection counts for one object alone, which is then found. The stage that
loses an object is the one after the last that has it alive: a stage that moves boxes may bring back what was gone.
Shape shorthand: G ground-truth objects; S stages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import box_iou, clip_boxes_to_image

from frcnn_viz.analysis.outcomes import UNKNOWN, judge
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.pipeline.results import Fate, flatten_candidates
from frcnn_viz.pipeline.trace import Trace

STAGES = (
    "anchors",
    "moved by the RPN",
    "top-n of each level",
    "size and objectness filter",
    "RPN's NMS",
    "limit on proposals",
    "refined",
    "over the score threshold",
    "final NMS",
    "limit on detections",
    "pairing",
)
LOST_AT = {
    Verdict.NO_ANCHOR: "anchors",
    Verdict.MOVED_AWAY: "moved by the RPN",
    Verdict.BELOW_TOP_N: "top-n of each level",
    Verdict.RPN_FILTERED: "size and objectness filter",
    Verdict.RPN_NMS: "RPN's NMS",
    Verdict.PROPOSAL_LIMIT: "limit on proposals",
    Verdict.REFINED_AWAY: "refined",
    Verdict.BADLY_PLACED: "refined",
    Verdict.BACKGROUND: "over the score threshold",
    Verdict.OTHER_CLASS: "over the score threshold",
    Verdict.UNDER_SCORE: "over the score threshold",
    Verdict.BOX_TOO_SMALL: "over the score threshold",
    Verdict.FINAL_NMS: "final NMS",
    Verdict.DETECTION_LIMIT: "limit on detections",
    Verdict.MERGED: "pairing",
    Verdict.SHARED: "pairing",
}
"""The stage that lost an object with each verdict of a miss."""
THRESHOLDS = (0.5, 0.7)
"""IoUs at which recall is told."""


@dataclass(frozen=True)
class Loss:
    """The stage that loses most. objects: how many it loses for good."""

    stage: str
    objects: int


def stage_ious(
    trace: Trace,
    boxes_in_image: Tensor,
    labels: Tensor,
    crowd: Tensor | None = None,
    difficult: Tensor | None = None,
    first: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """The best IoU of any box of each stage with each object: float32 [G, len(STAGES)], on the CPU.

    From the refined boxes on, a box must be of the object's class; for a class that the detector does not know, any
    will do. The last stage holds the highest of `THRESHOLDS` at which `judge` says that the object is found, or 0.
    All is measured in the user's image, as `judge` does.

    Args:
        trace: of the image.
        boxes_in_image: float32 [G, 4].
        labels: int64 [G], `UNKNOWN` for such a class.
        crowd: bool [G], as `judge` takes it.
        difficult: bool [G], likewise.
        first: what `anchor_ious` gives, where it is known.
    """
    proposals, last, to_image = trace.proposals, trace.detections, trace.input.boxes_in_image
    device = trace.anchors.boxes.device
    with torch.inference_mode():
        truth = boxes_in_image.to(device, torch.float32)
        anchors, moved = first or anchor_ious(trace, truth)
        candidates = box_iou(truth, to_image(proposals.candidates))
        best = [
            _best(anchors),
            _best(moved),
            _best(candidates),
            _best(candidates[:, (proposals.fate != Fate.TOO_SMALL) & (proposals.fate != Fate.BELOW_SCORE)]),
            _best(candidates[:, proposals.nms_kept]),
            _best(candidates[:, proposals.kept]),
        ]
        boxes, _, of_class = flatten_candidates(trace.rois)
        wanted = labels.to(device)[:, None]
        refined = box_iou(truth, to_image(boxes)).where((wanted == of_class) | (wanted == UNKNOWN), 0)
        scored = (last.fate != Fate.BELOW_SCORE) & (last.fate != Fate.TOO_SMALL)
        best += [_best(refined), _best(refined[:, scored])]
        best += [_best(refined[:, last.nms_kept]), _best(refined[:, last.kept])]
        found = torch.zeros(len(truth))
        for threshold in THRESHOLDS:
            pairs = judge(last.boxes_in_image, last.labels, truth, labels, threshold, crowd, difficult)
            found[pairs.found] = threshold
        return torch.cat([torch.stack(best, dim=1).cpu(), found[:, None]], dim=1)


def anchor_ious(trace: Trace, truth: Tensor) -> tuple[Tensor, Tensor]:
    """The IoU of each of `truth` [G, 4] with each anchor, and with each as the RPN moved it, clipped: float32 [G, A].

    Measured in the user's image.
    """
    to_image = trace.input.boxes_in_image
    moved = clip_boxes_to_image(trace.decoded, trace.input.input_size)
    return iou_table(truth, to_image(trace.anchors.boxes)), iou_table(truth, to_image(moved))


def reached(ious: Tensor, threshold: float) -> Tensor:
    """The index of the stage that loses each object [G, S] for good, or S where it is found: int64 [G]."""
    return ((ious >= threshold) * torch.arange(1, len(STAGES) + 1)).amax(dim=1)


def recalls(ious: Tensor, threshold: float) -> list[float]:
    """The part of the objects [G, S] that is alive after each stage."""
    return (ious >= threshold).float().mean(dim=0).tolist()


def losses(ious: Tensor, threshold: float) -> list[int]:
    """How many of the objects [G, S] each stage loses for good; with those that are found they are all of them."""
    return torch.bincount(reached(ious, threshold), minlength=len(STAGES) + 1)[: len(STAGES)].tolist()


def loses_most(ious: Tensor, threshold: float) -> Loss | None:
    """The stage that loses most objects; None where none loses any."""
    lost = losses(ious, threshold)
    most = max(lost)
    return Loss(STAGES[lost.index(most)], most) if most else None


def group_rows(ious: Tensor, groups: Sequence[tuple[str, Tensor]], threshold: float) -> list[dict[str, object]]:
    """The recall after each stage of groups of objects (name, bool [G])."""
    return [
        {"group": name, "objects": int(of.sum()), **dict(zip(STAGES, recalls(ious[of], threshold), strict=True))}
        for name, of in groups
        if int(of.sum())
    ]


def best_iou(truth: Tensor, boxes: Tensor) -> Tensor:
    """The best IoU of each of `truth` [G, 4] with any of `boxes` [N, 4]: float32 [G], 0 where there is no box."""
    return _best(iou_table(truth, boxes))


def iou_table(truth: Tensor, boxes: Tensor) -> Tensor:
    """Exactly `box_iou(truth, boxes)`, float32 [G, N], in a third of its time: coordinates lie side by side."""
    x0, y0, x1, y1 = (side.contiguous() for side in boxes.unbind(dim=1))
    left, top, right, bottom = (side[:, None] for side in truth.unbind(dim=1))
    width = (torch.minimum(x1, right) - torch.maximum(x0, left)).clamp_(min=0)
    height = (torch.minimum(y1, bottom) - torch.maximum(y0, top)).clamp_(min=0)
    shared = width.mul_(height)
    union = ((right - left) * (bottom - top) + (x1 - x0) * (y1 - y0)).sub_(shared)
    return shared.div_(union)


def _best(iou: Tensor) -> Tensor:
    """float32 [G]; 0 where there is no box."""
    return iou.amax(dim=1) if iou.shape[1] else iou.new_zeros(len(iou))
