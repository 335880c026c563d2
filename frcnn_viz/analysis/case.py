"""What a verdict is looked up in: one image's trace, its objects, and how they were paired with the detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from frcnn_viz.analysis.outcomes import Outcomes
from frcnn_viz.analysis.overlaps import Overlaps
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.pipeline.trace import Trace

IOU = 0.5
"""The overlap of a box that is on an object."""


@dataclass(frozen=True, eq=False)
class Case:
    """One image under examination.

    Attributes:
        overlaps: of its objects with all boxes. classes: names by label. labels: of each object.
        outcomes: who was found by which detection.
    """

    overlaps: Overlaps
    classes: Sequence[str]
    labels: list[int]
    outcomes: Outcomes

    @property
    def trace(self) -> Trace:
        """Of the image."""
        return self.overlaps.trace

    @cached_property
    def detections(self) -> list[tuple[int, int, float]]:
        """The proposal, label and score of each detection."""
        found = self.trace.detections
        return list(zip(found.roi.tolist(), found.labels.tolist(), found.scores.tolist(), strict=True))

    @cached_property
    def proposals(self) -> list[tuple[int, int]]:
        """The candidate and the anchor that each proposal was."""
        proposals = self.trace.proposals
        return list(zip(proposals.kept.tolist(), proposals.anchor[proposals.kept].tolist(), strict=True))

    def overlap(self, g: int, box: Tensor) -> float:
        """The IoU of object g with any one box [4] of the input frame."""
        return float(self.overlaps.of(box[None])[g, 0])

    def flat(self, proposals: Tensor, label: int) -> Tensor:
        """The index of proposals [N] as a class among the candidates of the final filter: int64 [N]."""
        return proposals * (self.trace.rois.num_classes - 1) + label - 1

    def of_proposal(
        self,
        verdict: Verdict,
        sentence: str,
        proposal: int,
        label: int,
        iou: float,
        suppressor: tuple[int, int] | None = None,
        neighbour: int | None = None,
    ) -> Finding:
        """A finding about a proposal refined as a class."""
        (candidate, anchor), score = self.proposals[proposal], float(self.trace.rois.scores[proposal, label])
        return Finding(verdict, sentence, anchor, candidate, proposal, label, suppressor, neighbour, iou, score)


def rank_in_level(trace: Trace, anchor: int) -> int:
    """The place of an anchor in the RPN's list of its level, 1 that of the best objectness."""
    level = trace.anchors.place(anchor)[0]
    start, count = trace.anchors.offsets[level], trace.anchors.counts[level]
    objectness = trace.rpn.objectness
    return int((objectness[start : start + count] > objectness[anchor]).sum()) + 1


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 1,002nd."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def best_of(rows: Tensor, values: Tensor) -> int:
    """That of `rows` (indices, at least one) whose value is the highest."""
    return int(rows[values[rows].argmax()])
