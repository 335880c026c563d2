"""What the second stage lost or found: one function for each of its stages, as in `first_stage`."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.case import IOU, Case, best_of, ordinal
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.pipeline.results import Fate


def refined_away(case: Case, g: int) -> Finding:
    """A proposal was on it, and no box refined as its class is."""
    label, found = case.labels[g], case.trace.detections
    name, scores = case.classes[label], case.trace.rois.scores[:, label]
    proposed, refined = case.overlaps.candidates[g, case.trace.proposals.kept], case.overlaps.refined[g]
    kept = found.roi[(found.labels == label) & (proposed >= IOU)[found.roi]]
    if len(kept):
        proposal = int(kept[0])
        words = (
            f"Proposal {proposal:,} overlapped it by {float(proposed[proposal]):.2f}; as {name} it was kept "
            f"(score {float(scores[proposal]):.2f}) but moved to an overlap of {float(refined[proposal]):.2f}."
        )
        return case.of_proposal(Verdict.BADLY_PLACED, words, proposal, label, float(refined[proposal]))
    proposal = int(proposed.argmax())
    words = (
        f"Proposal {proposal:,} overlapped it by {float(proposed[proposal]):.2f}, but refined as {name} it is down to "
        f"{float(refined[proposal]):.2f}; {IOU:g} is needed."
    )
    return case.of_proposal(Verdict.REFINED_AWAY, words, proposal, label, float(refined[proposal]))


def under_score(case: Case, g: int) -> Finding:
    """A box refined as its class is on it, and each such has too low a score for it, or hardly a side."""
    label, refined, scores = case.labels[g], case.overlaps.refined[g], case.trace.rois.scores
    name, limit = case.classes[label], case.trace.settings.box_score_thresh
    near = (refined >= IOU).nonzero()[:, 0]
    best = best_of(near, scores[:, label])
    score, iou = float(scores[best, label]), float(refined[best])
    if score > limit:
        words = f"Found as {name} with score {score:.2f} and IoU {iou:.2f}, but its box has hardly a side."
        return case.of_proposal(Verdict.BOX_TOO_SMALL, words, best, label, iou)
    if (scores[near, 1:] > limit).any():
        row, column = divmod(int(scores[near, 1:].argmax()), scores.shape[1] - 1)
        proposal, other = int(near[row]), column + 1
        words = (
            f"Proposal {proposal:,} is on it but taken for {case.classes[other]} "
            f"({float(scores[proposal, other]):.2f}), not {name} ({float(scores[proposal, label]):.2f})."
        )
        return case.of_proposal(Verdict.OTHER_CLASS, words, proposal, label, float(refined[proposal]))
    if int(scores[best].argmax()) == label:
        words = f"Taken for {name} with {score:.3f}, under the score threshold of {limit:g}."
        return case.of_proposal(Verdict.UNDER_SCORE, words, best, label, iou)
    words = (
        f"Proposal {best:,} is on it (refined to IoU {iou:.2f}), but background gets "
        f"{float(scores[best, 0]):.3f} and {name} {score:.3f}, and {limit:g} is needed."
    )
    return case.of_proposal(Verdict.BACKGROUND, words, best, label, iou)


def suppressed(case: Case, g: int) -> Finding:
    """Boxes of its class were on it, and NMS left none of them: by boxes that are not on it."""
    label, refined = case.labels[g], case.overlaps.refined[g]
    proposal = best_of(_with_fate(case, g, refined, Fate.SUPPRESSED), case.trace.rois.scores[:, label])
    suppressor = _suppressor(case, proposal, label)
    words = f"{_start(case, proposal, label, refined)}, but {_by(case, proposal, label, suppressor)}."
    return case.of_proposal(Verdict.FINAL_NMS, words, proposal, label, float(refined[proposal]), suppressor)


def over_limit(case: Case, g: int) -> Finding:
    """NMS left a box of its class on it, and each such came after the limit."""
    label, refined, found = case.labels[g], case.overlaps.refined[g], case.trace.detections
    proposal = best_of(_with_fate(case, g, refined, Fate.OVER_LIMIT), case.trace.rois.scores[:, label])
    rank = int((found.nms_kept == case.flat(torch.tensor(proposal), label)).nonzero()[0, 0]) + 1
    limit = case.trace.settings.box_detections_per_img
    words = f"{_start(case, proposal, label, refined)}, but it came {ordinal(rank)} of at most {limit} detections."
    return case.of_proposal(Verdict.DETECTION_LIMIT, words, proposal, label, float(refined[proposal]))


def counts_for_another(case: Case, g: int) -> Finding:
    """A detection of its class is on it, and counts for a neighbour: was there a box of its own, nearer to it?"""
    label, refined, found = case.labels[g], case.overlaps.refined[g], case.trace.detections
    for proposal in _own_boxes(case, g, refined):
        suppressor = _suppressor(case, proposal, label)
        neighbour = _neighbour_of(case, suppressor)
        box = case.trace.rois.boxes[proposal, label]
        if neighbour is None or case.overlap(neighbour, box) >= refined[proposal]:
            continue
        least = math.ceil(100 * _overlap(case, proposal, label, suppressor)) / 100
        words = (
            f"{_start(case, proposal, label, refined)}, but {_by(case, proposal, label, suppressor)}. "
            f"That one counts for object {neighbour}; to keep both, box_nms_thresh must be at least {least:g}."
        )
        return case.of_proposal(Verdict.MERGED, words, proposal, label, float(refined[proposal]), suppressor, neighbour)
    on_it = (found.labels == label) & (refined[found.roi] >= IOU)
    detection = int(on_it.nonzero()[0, 0])
    proposal, neighbour = int(found.roi[detection]), int(case.outcomes.object_of_detection[detection])
    theirs = float(case.overlaps.detections[neighbour, detection])
    words = (
        f"{_start(case, proposal, label, refined)}, but that detection counts for object {neighbour}, which it "
        f"overlaps by {theirs:.2f}."
    )
    return case.of_proposal(Verdict.SHARED, words, proposal, label, float(refined[proposal]), neighbour=neighbour)


def was_found(case: Case, g: int) -> Finding:
    """A detection counts for it."""
    detection = int(case.outcomes.detection_of_object[g])
    proposal, label, score = case.detections[detection]
    iou = float(case.overlaps.detections[g, detection])
    words = f"Found as {case.classes[label]} with score {score:.2f}; the boxes overlap by {iou:.2f}."
    return case.of_proposal(Verdict.FOUND, words, proposal, label, iou)


def _with_fate(case: Case, g: int, refined: Tensor, fate: Fate) -> Tensor:
    """The proposals whose box of its class is on object g and met this fate: int64 [N]."""
    near = (refined >= IOU).nonzero()[:, 0]
    return near[case.trace.detections.fate[case.flat(near, case.labels[g])] == fate]


def _own_boxes(case: Case, g: int, refined: Tensor) -> list[int]:
    """The suppressed boxes of its class on object g, the best-scored first."""
    rows = _with_fate(case, g, refined, Fate.SUPPRESSED)
    scores = case.trace.rois.scores[rows, case.labels[g]]
    return rows[scores.argsort(descending=True, stable=True)].tolist()


def _suppressor(case: Case, proposal: int, label: int) -> tuple[int, int]:
    found = case.trace.detections
    roi, other = found.roi_and_label(found.suppressor[case.flat(torch.tensor(proposal), label)])
    return int(roi), int(other)


def _neighbour_of(case: Case, suppressor: tuple[int, int]) -> int | None:
    """The object that a candidate counts for as a detection; None where it is none, or counts for none."""
    place = (case.trace.detections.kept == case.flat(torch.tensor(suppressor[0]), suppressor[1])).nonzero()[:, 0]
    object_ = int(case.outcomes.object_of_detection[place[0]]) if len(place) else -1
    return object_ if object_ >= 0 else None


def _overlap(case: Case, proposal: int, label: int, other: tuple[int, int]) -> float:
    """The IoU that NMS compares: in the input frame."""
    boxes = case.trace.rois.boxes
    return float(box_iou(boxes[proposal, label][None], boxes[other][None]))


def _start(case: Case, proposal: int, label: int, refined: Tensor) -> str:
    score, iou = float(case.trace.rois.scores[proposal, label]), float(refined[proposal])
    return f"Found as {case.classes[label]} with score {score:.2f} and IoU {iou:.2f}"


def _by(case: Case, proposal: int, label: int, suppressor: tuple[int, int]) -> str:
    score = float(case.trace.rois.scores[suppressor])
    return (
        f"suppressed by the {case.classes[label]} of proposal {suppressor[0]:,} (score {score:.2f}): they overlap by "
        f"{_overlap(case, proposal, label, suppressor):.2f}, over {case.trace.settings.box_nms_thresh:g}"
    )
