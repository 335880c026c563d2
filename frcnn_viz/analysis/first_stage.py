"""What the RPN lost: one function for each of its stages, called for an object that has no box from that stage on."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.case import IOU, Case, best_of, ordinal, rank_in_level
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.pipeline.results import Fate


def no_anchor(case: Case, g: int) -> Finding:
    """No anchor is on it, and none was moved onto it."""
    anchors, moved = case.overlaps.anchors[g], case.overlaps.moved[g]
    best = int(anchors.argmax())
    words = (
        f"No anchor is near enough: the best overlaps it by {float(anchors[best]):.2f}, and the best that the RPN "
        f"moved by {float(moved.max()):.2f}; {IOU:g} is needed."
    )
    return Finding(Verdict.NO_ANCHOR, words, anchor=best, iou=float(anchors[best]))


def moved_away(case: Case, g: int) -> Finding:
    """An anchor was on it, and none is after the RPN moved them."""
    anchors, moved = case.overlaps.anchors[g], case.overlaps.moved[g]
    best = int(anchors.argmax())
    movement = describe_movement(case.trace.anchors.boxes[best], case.trace.decoded[best])
    nearest = f" The nearest box that any anchor became overlaps it by {float(moved.max()):.2f}; {IOU:g} is needed."
    words = (
        f"Anchor {best:,} overlaps it by {float(anchors[best]):.2f}, but the RPN moved it to {float(moved[best]):.2f} "
        f"({movement}): the regression lost it, not the anchors.{nearest}"
    )
    score = float(case.trace.rpn.objectness[best].sigmoid())
    return Finding(Verdict.MOVED_AWAY, words, anchor=best, iou=float(moved[best]), score=score)


def describe_movement(before: Tensor, after: Tensor) -> str:
    """What deltas did to a box [4], in words: its centre's way in parts of its sides, and what became of its sides."""
    side, new_side = before[2:] - before[:2], after[2:] - after[:2]
    right, down = ((after[:2] + after[2:] - before[:2] - before[2:]) / 2 / side).tolist()
    wider, taller = (new_side / side).tolist()
    way = f"{abs(right):.0%} of its width {'right' if right >= 0 else 'left'}"
    way += f", {abs(down):.0%} of its height {'down' if down >= 0 else 'up'}"
    return f"{way}; {wider:.2f} times as wide, {taller:.2f} times as high"


def below_top_n(case: Case, g: int) -> Finding:
    """An anchor was moved onto it, and none such is among the best of its level."""
    overlap, objectness = case.overlaps.moved[g], case.trace.rpn.objectness
    anchor = best_of((overlap >= IOU).nonzero()[:, 0], objectness)
    rank = rank_in_level(case.trace, anchor)
    iou, score = float(overlap[anchor]), float(objectness[anchor].sigmoid())
    words = (
        f"The RPN moved anchor {anchor:,} onto it (IoU {iou:.2f}), but with objectness {score:.4f} "
        f"it came {ordinal(rank)} of its level, and {case.trace.settings.rpn_pre_nms_top_n:,} go on."
    )
    return Finding(Verdict.BELOW_TOP_N, words, anchor=anchor, iou=iou, score=score)


def filtered(case: Case, g: int) -> Finding:
    """A candidate was on it, and each such is too small or too unlikely."""
    proposals, s = case.trace.proposals, case.trace.settings
    candidate, overlap = _best_candidate(case, g, Fate.TOO_SMALL, Fate.BELOW_SCORE)
    words = f"{s.rpn_score_thresh:g} is needed."
    if proposals.fate[candidate] == Fate.TOO_SMALL:
        x0, y0, x1, y1 = proposals.candidates[candidate].tolist()
        words = f"it is {x1 - x0:.1f} x {y1 - y0:.1f} pixels, and {s.rpn_min_size:g} a side are needed."
    return _dropped(case, Verdict.RPN_FILTERED, candidate, overlap, words)


def suppressed(case: Case, g: int) -> Finding:
    """Candidates were on it, and NMS left none of them."""
    proposals = case.trace.proposals
    candidate, overlap = _best_candidate(case, g, Fate.SUPPRESSED)
    suppressor = int(proposals.suppressor[candidate])
    boxes = proposals.candidates
    words = (
        f"candidate {suppressor:,} (objectness {float(proposals.scores[suppressor]):.3f}) suppressed it: they overlap "
        f"by {float(box_iou(boxes[candidate][None], boxes[suppressor][None])):.2f}, over {proposals.nms_thresh:g}."
    )
    return _dropped(case, Verdict.RPN_NMS, candidate, overlap, words, suppressor)


def over_limit(case: Case, g: int) -> Finding:
    """NMS left a candidate on it, and each such came after the limit."""
    candidate, overlap = _best_candidate(case, g, Fate.OVER_LIMIT)
    rank = int((case.trace.proposals.nms_kept == candidate).nonzero()[0, 0]) + 1
    words = f"it came {ordinal(rank)} of at most {case.trace.settings.rpn_post_nms_top_n:,} proposals."
    return _dropped(case, Verdict.PROPOSAL_LIMIT, candidate, overlap, words)


def _best_candidate(case: Case, g: int, *fates: Fate) -> tuple[int, float]:
    """The likeliest candidate that is on object g and met one of these fates, and its IoU."""
    proposals = case.trace.proposals
    overlap = case.overlaps.candidates[g]
    met = torch.isin(proposals.fate, torch.tensor(fates, dtype=torch.uint8, device=proposals.fate.device))
    candidate = best_of(((overlap >= IOU) & met).nonzero()[:, 0], proposals.scores)
    return candidate, float(overlap[candidate])


def _dropped(
    case: Case, verdict: Verdict, candidate: int, iou: float, words: str, suppressor: int | None = None
) -> Finding:
    proposals = case.trace.proposals
    score = float(proposals.scores[candidate])
    words = f"A candidate was on it (IoU {iou:.2f}, objectness {score:.3f}), but {words}"
    anchor = int(proposals.anchor[candidate])
    return Finding(verdict, words, anchor=anchor, candidate=candidate, suppressor=suppressor, iou=iou, score=score)
