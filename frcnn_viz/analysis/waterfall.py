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

from frcnn_viz.analysis.outcomes import UNKNOWN
from frcnn_viz.analysis.overlaps import Overlaps, iou_table
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.pipeline.results import Fate, flatten_candidates

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


def stage_ious(overlaps: Overlaps) -> Tensor:
    """The best IoU of any box of each stage with each object: float32 [G, len(STAGES)], on the CPU.

    From the refined boxes on, a box must be of the object's class; for a class that the detector does not know, any
    will do. The last stage holds the highest of `THRESHOLDS` at which `judge` says that the object is found, or 0.
    """
    trace, labels = overlaps.trace, overlaps.labels
    last, unknown = trace.detections, labels == UNKNOWN
    with torch.inference_mode():
        first = [_best(overlaps.anchors), _best(overlaps.moved), *_filtered(overlaps.candidates, trace.proposals.fate)]
        fate = last.fate.view(-1, last.rois.num_classes - 1)  # [P, C - 1]
        second = torch.stack(_filtered(overlaps.refined, fate[:, labels.clamp(min=1) - 1].T), dim=1)
        if bool(unknown.any()):
            boxes, _, _ = flatten_candidates(last.rois)
            second[unknown] = torch.stack(_filtered(overlaps.of(boxes)[unknown], last.fate), dim=1)
        found = torch.zeros(len(labels))
        for threshold in THRESHOLDS:
            found[overlaps.judged(threshold).found] = threshold
        return torch.cat([torch.stack(first, dim=1).cpu(), second.cpu(), found[:, None]], dim=1)


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
    return _best(iou_table(truth, boxes.unbind(dim=1)))


def _filtered(iou: Tensor, fate: Tensor) -> list[Tensor]:
    """The best IoU [G, N] of all boxes, of those let through by the thresholds, by NMS, by the limit: each [G].

    The boxes' fates are [N], or [G, N] where each object has its own.
    """
    kept = fate == Fate.KEPT
    through = (fate != Fate.BELOW_SCORE) & (fate != Fate.TOO_SMALL)
    return [_best(iou), *(_best(iou.where(some, 0)) for some in (through, kept | (fate == Fate.OVER_LIMIT), kept))]


def _best(iou: Tensor) -> Tensor:
    """float32 [G]; 0 where there is no box."""
    return iou.amax(dim=1) if iou.shape[1] else iou.new_zeros(len(iou))
