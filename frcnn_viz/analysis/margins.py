"""By how much an object was lost: what was measured of its box at the stage that lost it, and what was needed there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import torch
from torchvision.ops import box_iou

from frcnn_viz.analysis.case import IOU, Case, rank_in_level
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.pipeline.detections import MIN_SIZE
from frcnn_viz.pipeline.results import Fate


class Unit(StrEnum):
    """What a margin is measured in."""

    IOU = "IoU"
    RANK = "rank"
    SCORE = "score"
    OBJECTNESS = "objectness"
    PIXELS = "pixels"


@dataclass(frozen=True, slots=True)
class Margin:
    """How far a box was from being let through.

    Attributes:
        unit: of both numbers; pixels are of the network's input.
        measured: of the box that got furthest. limit: what it had to reach, or to stay within.
    """

    unit: Unit
    measured: float
    limit: float

    @property
    def by(self) -> float:
        """What was missing, or too much."""
        return abs(self.measured - self.limit)

    @property
    def part(self) -> float:
        """The same as a part of the limit, which makes margins of different units comparable."""
        return self.by / self.limit if self.limit else math.inf

    @property
    def words(self) -> str:
        """In words: 0.02 of score, 340 ranks, 1.5 pixels."""
        if self.unit is Unit.RANK:
            return f"{self.by:,.0f} rank{'s' * (self.by != 1)}"
        if self.unit is Unit.PIXELS:
            return f"{self.by:.2g} pixels"
        return f"{self.by:.2g} of {self.unit}"


def margin_of(case: Case, g: int, finding: Finding, ious: list[float], score: float | None) -> Margin | None:
    """The margin of object g; None where it is found or left out.

    Of an object whose detection counts for another, the limit is that detection's IoU with the other.

    Args:
        case: the image.
        g: the object.
        finding: on it.
        ious: its row of the waterfall's table.
        score: the best that a box on it has for its class.
    """
    trace, s = case.trace, case.trace.settings
    iou = dict(zip(STAGES, ious, strict=True))
    match finding.verdict:
        case Verdict.NO_ANCHOR:
            return Margin(Unit.IOU, max(iou["anchors"], iou["moved by the RPN"]), IOU)
        case Verdict.MOVED_AWAY:
            return Margin(Unit.IOU, iou["moved by the RPN"], IOU)
        case Verdict.BELOW_TOP_N:
            return Margin(Unit.RANK, rank_in_level(trace, finding.anchor), s.rpn_pre_nms_top_n)
        case Verdict.RPN_FILTERED:
            return _filtered(case, finding.candidate)
        case Verdict.RPN_NMS:
            boxes = trace.proposals.candidates
            return _overlap(boxes[finding.candidate], boxes[finding.suppressor], trace.proposals.nms_thresh)
        case Verdict.PROPOSAL_LIMIT:
            return _over_limit(trace.proposals.nms_kept, finding.candidate, s.rpn_post_nms_top_n)
        case Verdict.REFINED_AWAY | Verdict.BADLY_PLACED:
            return Margin(Unit.IOU, iou["refined"], IOU)
        case Verdict.BACKGROUND | Verdict.OTHER_CLASS | Verdict.UNDER_SCORE:
            return Margin(Unit.SCORE, score, s.box_score_thresh)
        case Verdict.BOX_TOO_SMALL:
            return Margin(Unit.PIXELS, _side(trace.rois.boxes[finding.proposal, finding.label]), MIN_SIZE)
        case Verdict.FINAL_NMS | Verdict.MERGED:
            boxes = trace.rois.boxes
            own = boxes[finding.proposal, finding.label]
            return _overlap(own, boxes[finding.suppressor], trace.detections.nms_thresh)
        case Verdict.DETECTION_LIMIT:
            flat = int(case.flat(torch.tensor(finding.proposal), finding.label))
            return _over_limit(trace.detections.nms_kept, flat, s.box_detections_per_img)
        case Verdict.SHARED:
            box = trace.rois.boxes[finding.proposal, finding.label]
            return Margin(Unit.IOU, finding.iou, case.overlap(finding.neighbour, box))
    return None


def _filtered(case: Case, candidate: int) -> Margin:
    proposals, s = case.trace.proposals, case.trace.settings
    if proposals.fate[candidate] == Fate.TOO_SMALL:
        return Margin(Unit.PIXELS, _side(proposals.candidates[candidate]), s.rpn_min_size)
    return Margin(Unit.OBJECTNESS, float(proposals.scores[candidate]), s.rpn_score_thresh)


def _side(box: torch.Tensor) -> float:
    """The shorter side of a box [4]."""
    return float((box[2:] - box[:2]).min())


def _overlap(box: torch.Tensor, other: torch.Tensor, limit: float) -> Margin:
    """What NMS compared: the IoU of two boxes [4] of the input frame."""
    return Margin(Unit.IOU, float(box_iou(box[None], other[None])), limit)


def _over_limit(nms_kept: torch.Tensor, candidate: int, limit: int) -> Margin:
    return Margin(Unit.RANK, int((nms_kept == candidate).nonzero()[0, 0]) + 1, limit)
