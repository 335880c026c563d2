"""Why an object was missed: the stage that lost it, the box that got furthest, and one sentence with its numbers.

The stage is read from the waterfall's table (`waterfall.reached`), so the two cannot disagree. What the verdict says
rests on the trace's fates, and computes nothing anew but overlaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from frcnn_viz.analysis import first_stage, second_stage
from frcnn_viz.analysis.case import IOU, Case
from frcnn_viz.analysis.outcomes import UNKNOWN, Outcomes
from frcnn_viz.analysis.overlaps import Overlaps
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.analysis.waterfall import reached, stage_ious
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.pipeline.boxes import to_input
from frcnn_viz.pipeline.trace import Trace

LOST_BY = (
    first_stage.no_anchor,
    first_stage.moved_away,
    first_stage.below_top_n,
    first_stage.filtered,
    first_stage.suppressed,
    first_stage.over_limit,
    second_stage.refined_away,
    second_stage.under_score,
    second_stage.suppressed,
    second_stage.over_limit,
    second_stage.counts_for_another,
    second_stage.was_found,
)
"""What tells how each of the waterfall's stages lost an object; the last, how it was found."""
IGNORED = Finding(Verdict.IGNORED, "A crowd, or difficult: it is neither found nor missed.")


@dataclass(frozen=True, eq=False)
class Autopsy:
    """All objects of one image.

    Attributes:
        findings: of each of the G objects. outcomes: who was found by which detection.
        ious: float32 [G, stages], the waterfall's table, on the CPU.
        boxes: float32 [G, 4], the objects in the input frame. labels: int64 [G], `UNKNOWN` for an unknown class.
    """

    findings: tuple[Finding, ...]
    outcomes: Outcomes
    ious: Tensor
    boxes: Tensor
    labels: Tensor


def examine(trace: Trace, truth: GroundTruth, classes: Sequence[str], overlaps: Overlaps | None = None) -> Autopsy:
    """The verdict on every object of an image.

    Args:
        trace: of the image.
        truth: its objects.
        classes: the detector's names by label.
        overlaps: `Overlaps.of_truth` of the same, where they are measured.
    """
    overlaps, labels = overlaps or Overlaps.of_truth(trace, truth, classes), truth.labels_in(classes)
    outcomes, ious = overlaps.judged(IOU), stage_ious(overlaps)
    case = Case(overlaps, classes, labels.tolist(), outcomes)
    with torch.inference_mode():
        lost = zip(outcomes.ignored.tolist(), reached(ious, IOU).tolist(), strict=True)
        findings = tuple(IGNORED if ignored else _finding(case, g, stage) for g, (ignored, stage) in enumerate(lost))
        boxes = to_input(overlaps.boxes_in_image, trace.input.image_size, trace.input.input_size)
    return Autopsy(findings, outcomes, ious, boxes, labels)


def _finding(case: Case, g: int, stage: int) -> Finding:
    """The verdict on object g, which is not ignored and which the stage of this index lost."""
    if case.labels[g] == UNKNOWN:
        words = "The detector does not know its class"
        if not case.outcomes.found[g]:
            return Finding(Verdict.UNKNOWN_CLASS, f"{words}, and nothing was found there.")
        there = second_stage.was_found(case, g)
        words += f"; it found {case.classes[there.label]} there, with score {there.score:.2f} and IoU {there.iou:.2f}."
        return case.of_proposal(Verdict.UNKNOWN_CLASS, words, there.proposal, there.label, there.iou)
    return LOST_BY[stage](case, g)
