"""Why an object was missed: the stage that lost it, the box that got furthest, and one sentence with its numbers.

An object is alive after a stage while some box of that stage overlaps it by half (`IOU`). The verdict is the first
stage that leaves none. It rests on the trace's fates and computes nothing anew but overlaps.
Shape shorthand: G ground-truth objects; A anchors; K candidates; P proposals; C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torchvision.ops import box_iou, clip_boxes_to_image

from frcnn_viz.analysis.outcomes import UNKNOWN, Outcomes, judge
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.pipeline.boxes import to_input
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.trace import Trace

IOU = 0.5


@dataclass(frozen=True, eq=False)
class Autopsy:
    """All objects of one image.

    Attributes:
        findings: of each of the G objects. outcomes: who was found by which detection.
        boxes: float32 [G, 4], the objects in the input frame. labels: int64 [G].
    """

    findings: tuple[Finding, ...]
    outcomes: Outcomes
    boxes: Tensor
    labels: Tensor

    def count(self, verdict: Verdict) -> int:
        """How many objects have it."""
        return sum(finding.verdict is verdict for finding in self.findings)


def examine(trace: Trace, boxes_in_image: Tensor, labels: Tensor, classes: Sequence[str]) -> Autopsy:
    """The verdict on every object.

    Args:
        trace: of the image.
        boxes_in_image: float32 [G, 4], pixels of the user's image.
        labels: int64 [G], `UNKNOWN` for a class the detector does not know.
        classes: names by label.
    """
    found = trace.detections
    outcomes = judge(found.boxes_in_image, found.labels, boxes_in_image.to(found.boxes.device), labels, IOU)
    device = trace.anchors.boxes.device
    boxes = to_input(boxes_in_image.to(device, torch.float32), trace.input.image_size, trace.input.input_size)
    labels = labels.to(torch.int64)
    with torch.inference_mode():
        body = _Body(trace, boxes, labels.tolist(), outcomes, classes)
        return Autopsy(tuple(body.finding(g) for g in range(len(boxes))), outcomes, boxes, labels)


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 1,002nd."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


class _Body:
    """The overlaps of every box of every stage with the objects, made when asked for."""

    def __init__(
        self, trace: Trace, boxes: Tensor, labels: list[int], outcomes: Outcomes, classes: Sequence[str]
    ) -> None:
        self.trace, self.boxes, self.labels, self.outcomes, self.classes = trace, boxes, labels, outcomes, classes
        self.settings = trace.settings

    @cached_property
    def candidate_iou(self) -> Tensor:
        """float32 [G, K]."""
        return box_iou(self.boxes, self.trace.proposals.candidates)

    @cached_property
    def finders(self) -> list[int]:
        """The detection that found each object, or -1."""
        return self.outcomes.detection_of_object.tolist()

    @cached_property
    def found_lists(self) -> tuple[list, list, list]:
        """Proposal, label and score of each detection."""
        found = self.trace.detections
        return found.roi.tolist(), found.labels.tolist(), found.scores.tolist()

    @cached_property
    def found_iou(self) -> list[list[float]]:
        """Of each object with each detection."""
        return box_iou(self.boxes, self.trace.detections.boxes).tolist()

    @cached_property
    def anchor_of_proposal(self) -> tuple[list[int], list[int]]:
        """Candidate and anchor of each proposal."""
        proposals = self.trace.proposals
        return proposals.kept.tolist(), proposals.anchor[proposals.kept].tolist()

    def finding(self, g: int) -> Finding:
        """The verdict on object g: the furthest stage first."""
        label = self.labels[g]
        if self.finders[g] >= 0:
            return self.found(g)
        if label == UNKNOWN:
            return Finding(Verdict.UNKNOWN_CLASS, "The detector does not know its class, and nothing was found there.")
        refined = box_iou(self.boxes[g][None], self.trace.rois.boxes[:, label])[0]
        near = (refined >= IOU).nonzero()[:, 0]
        if len(near):
            return self.classified(g, label, near, refined)
        proposals = self.trace.proposals
        overlap = self.candidate_iou[g, proposals.kept]
        if len(overlap) and overlap.max() >= IOU:
            return self.misplaced(g, label, overlap, refined)
        return self.not_proposed(g)

    def found(self, g: int) -> Finding:
        proposal, label, score = (column[self.finders[g]] for column in self.found_lists)
        iou = self.found_iou[g][self.finders[g]]
        words = f"Found as {self.classes[label]} with score {score:.2f}; the boxes overlap by {iou:.2f}."
        return self.of_proposal(Verdict.FOUND, words, proposal, label, iou, score)

    def classified(self, g: int, label: int, near: Tensor, refined: Tensor) -> Finding:
        """Some refined box of its class overlaps it by half: classes, scores, NMS or limit."""
        found, scores, limit = self.trace.detections, self.trace.rois.scores, self.settings.box_score_thresh
        name = self.classes[label]
        passing = near[scores[near, label] > limit]
        if not len(passing):
            best = int(near[scores[near, label].argmax()])
            score, iou = float(scores[best, label]), float(refined[best])
            others = scores[near, 1:] > limit
            if others.any():
                other_scores = scores[near, 1:].clone()
                row, column = divmod(int(other_scores.argmax()), other_scores.shape[1])
                proposal, other = int(near[row]), column + 1
                words = (
                    f"Proposal {proposal:,} is on it but taken for {self.classes[other]} "
                    f"({float(scores[proposal, other]):.2f}), not {name} ({float(scores[proposal, label]):.2f})."
                )
                score = float(scores[proposal, label])
                return self.of_proposal(Verdict.OTHER_CLASS, words, proposal, label, float(refined[proposal]), score)
            most = int(scores[best].argmax())
            if most == label:
                words = f"Taken for {name} with {score:.3f}, under the score threshold of {limit:g}."
                return self.of_proposal(Verdict.UNDER_SCORE, words, best, label, iou, score)
            words = (
                f"Proposal {best:,} is on it (refined to IoU {iou:.2f}), but the head says background "
                f"({float(scores[best, 0]):.3f}); {name} gets {score:.3f}, and {limit:g} is needed."
            )
            return self.of_proposal(Verdict.BACKGROUND, words, best, label, iou, score)
        flat = passing * (self.trace.rois.num_classes - 1) + label - 1
        fates = found.fate[flat]
        for fate, verdict in (
            (Fate.OVER_LIMIT, Verdict.DETECTION_LIMIT),
            (Fate.SUPPRESSED, Verdict.FINAL_NMS),
            (Fate.TOO_SMALL, Verdict.BOX_TOO_SMALL),
            (Fate.KEPT, Verdict.SHARED),
        ):
            rows = (fates == fate).nonzero()[:, 0]
            if len(rows):
                best = int(passing[rows[scores[passing[rows], label].argmax()]])
                return self.filtered(verdict, best, label, float(refined[best]))
        raise AssertionError("a candidate over the score threshold has one of these fates")

    def filtered(self, verdict: Verdict, proposal: int, label: int, iou: float) -> Finding:
        found, rois = self.trace.detections, self.trace.rois
        flat = proposal * (rois.num_classes - 1) + label - 1
        name, score = self.classes[label], float(rois.scores[proposal, label])
        start = f"Found as {name} with score {score:.2f} and IoU {iou:.2f}, but "
        suppressor = None
        if verdict is Verdict.FINAL_NMS:
            roi, other = found.roi_and_label(found.suppressor[flat])
            suppressor = (int(roi), int(other))
            overlap = float(box_iou(rois.boxes[proposal, label][None], rois.boxes[suppressor][None]))
            words = (
                f"suppressed by the {name} of proposal {suppressor[0]:,} (score {float(rois.scores[suppressor]):.2f}): "
                f"they overlap by {overlap:.2f}, over {self.settings.box_nms_thresh:g}."
            )
        elif verdict is Verdict.DETECTION_LIMIT:
            rank = int((found.nms_kept == flat).nonzero()[0, 0]) + 1
            words = f"it came {ordinal(rank)} of at most {self.settings.box_detections_per_img} detections."
        elif verdict is Verdict.BOX_TOO_SMALL:
            words = "its box has hardly a side."
        else:
            words = "that detection counts for another object, which it overlaps more."
        return self.of_proposal(verdict, start + words, proposal, label, iou, score, suppressor)

    def misplaced(self, g: int, label: int, overlap: Tensor, refined: Tensor) -> Finding:
        """A proposal was on it, and no refined box of its class is."""
        found = self.trace.detections
        on_it = overlap >= IOU
        placed = (found.labels == label) & on_it[found.roi]
        if placed.any():
            detection = int(placed.nonzero()[0, 0])
            proposal, score = int(found.roi[detection]), float(found.scores[detection])
            words = (
                f"Proposal {proposal:,} overlapped it by {float(overlap[proposal]):.2f}; as {self.classes[label]} it "
                f"was kept (score {score:.2f}) but moved to an overlap of {float(refined[proposal]):.2f}."
            )
            return self.of_proposal(Verdict.BADLY_PLACED, words, proposal, label, float(refined[proposal]), score)
        proposal = int(overlap.argmax())
        score = float(self.trace.rois.scores[proposal, label])
        words = (
            f"Proposal {proposal:,} overlapped it by {float(overlap[proposal]):.2f}, but refined as "
            f"{self.classes[label]} it is down to {float(refined[proposal]):.2f}; {IOU:g} is needed."
        )
        return self.of_proposal(Verdict.REFINED_AWAY, words, proposal, label, float(refined[proposal]), score)

    def not_proposed(self, g: int) -> Finding:
        """The first stage never gave a proposal that overlaps it by half."""
        proposals = self.trace.proposals
        overlap = self.candidate_iou[g]
        near = overlap >= IOU
        for fates, verdict in (
            ((Fate.OVER_LIMIT,), Verdict.PROPOSAL_LIMIT),
            ((Fate.SUPPRESSED,), Verdict.RPN_NMS),
            ((Fate.TOO_SMALL, Fate.BELOW_SCORE), Verdict.RPN_FILTERED),
        ):
            rows = (near & sum(proposals.fate == fate for fate in fates).bool()).nonzero()[:, 0]
            if len(rows):
                best = int(rows[proposals.scores[rows].argmax()])
                return self.dropped(verdict, best, float(overlap[best]))
        decoded = clip_boxes_to_image(self.trace.decoded, self.trace.input.input_size)
        iou = box_iou(self.boxes[g][None], decoded)[0]
        far = (iou >= IOU).nonzero()[:, 0]
        if len(far):
            return self.under_top_n(far, iou)
        anchors = box_iou(self.boxes[g][None], self.trace.anchors.boxes)[0]
        best = int(anchors.argmax())
        words = (
            f"No anchor is near enough: the best overlaps it by {float(anchors[best]):.2f}, and the best that the RPN "
            f"moved by {float(iou.max()):.2f}; {IOU:g} is needed."
        )
        return Finding(Verdict.NO_ANCHOR, words, anchor=best, iou=float(anchors[best]))

    def dropped(self, verdict: Verdict, candidate: int, iou: float) -> Finding:
        proposals, s = self.trace.proposals, self.settings
        score = float(proposals.scores[candidate])
        start = f"A candidate was on it (IoU {iou:.2f}, objectness {score:.3f}), but "
        suppressor = None
        if verdict is Verdict.RPN_NMS:
            suppressor = int(proposals.suppressor[candidate])
            boxes = proposals.candidates
            overlap = float(box_iou(boxes[candidate][None], boxes[suppressor][None]))
            words = (
                f"candidate {suppressor:,} (objectness {float(proposals.scores[suppressor]):.3f}) suppressed it: "
                f"they overlap by {overlap:.2f}, over {s.rpn_nms_thresh:g}."
            )
        elif verdict is Verdict.PROPOSAL_LIMIT:
            rank = int((proposals.nms_kept == candidate).nonzero()[0, 0]) + 1
            words = f"it came {ordinal(rank)} of at most {s.rpn_post_nms_top_n:,} proposals."
        elif proposals.fate[candidate] == Fate.TOO_SMALL:
            x0, y0, x1, y1 = proposals.candidates[candidate].tolist()
            words = f"it is {x1 - x0:.1f} x {y1 - y0:.1f} pixels, and {s.rpn_min_size:g} a side are needed."
        else:
            words = f"{s.rpn_score_thresh:g} is needed."
        anchor = int(proposals.anchor[candidate])
        return Finding(
            verdict, start + words, anchor=anchor, candidate=candidate, suppressor=suppressor, iou=iou, score=score
        )

    def under_top_n(self, far: Tensor, iou: Tensor) -> Finding:
        grid, objectness = self.trace.anchors, self.trace.rpn.objectness
        anchor = int(far[objectness[far].argmax()])
        level = grid.place(anchor)[0]
        start, count = grid.offsets[level], grid.counts[level]
        rank = int((objectness[start : start + count] > objectness[anchor]).sum()) + 1
        score = float(objectness[anchor].sigmoid())
        words = (
            f"The RPN moved anchor {anchor:,} onto it (IoU {float(iou[anchor]):.2f}), but with objectness {score:.4f} "
            f"it came {ordinal(rank)} of its level, and {self.settings.rpn_pre_nms_top_n:,} go on."
        )
        return Finding(Verdict.BELOW_TOP_N, words, anchor=anchor, iou=float(iou[anchor]), score=score)

    def of_proposal(
        self,
        verdict: Verdict,
        sentence: str,
        proposal: int,
        label: int,
        iou: float,
        score: float,
        suppressor: tuple[int, int] | None = None,
    ) -> Finding:
        candidate, anchor = (column[proposal] for column in self.anchor_of_proposal)
        return Finding(verdict, sentence, anchor, candidate, proposal, label, suppressor, iou, score)
