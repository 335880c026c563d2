"""One image examined: each object's verdict, each false alarm's kind, how far each object got; small enough to keep."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from frcnn_viz.analysis.autopsy import examine
from frcnn_viz.analysis.false_alarms import FalseAlarm, false_alarms
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.analysis.waterfall import stage_ious
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.trace import Trace


@dataclass(frozen=True, eq=False)
class Examination:
    """What a detector did with the G objects of one image, and its D detections.

    Attributes:
        findings: of each object. ious: float32 [G, stages], the best overlap at each stage.
        sizes: float32 [G], square roots of the objects' areas after the resize.
        alarms: the false alarms. detections: float32 [D, 4] in the image; labels int64 [D], scores float32 [D].
        ms: of each stage of the pipeline.
    """

    findings: tuple[Finding, ...]
    ious: Tensor
    sizes: Tensor
    alarms: tuple[FalseAlarm, ...]
    detections: Tensor
    labels: Tensor
    scores: Tensor
    ms: dict[str, float]

    @property
    def missed(self) -> int:
        """How many objects were not found."""
        return sum(finding.verdict is not Verdict.FOUND for finding in self.findings)


def examine_image(detector: Detector, trace: Trace, truth: GroundTruth) -> Examination:
    """Examine one image; the trace may have run already."""
    labels = truth.labels_in(detector.classes)
    autopsy = examine(trace, truth.boxes_in_image, labels, detector.classes)
    found = trace.detections
    alarms = false_alarms(
        found.boxes_in_image, found.labels, truth.boxes_in_image.to(found.boxes.device), labels, autopsy.outcomes
    )
    sides = (autopsy.boxes[:, 2:] - autopsy.boxes[:, :2]).cpu()
    return Examination(
        autopsy.findings,
        stage_ious(trace, truth.boxes_in_image, labels),
        torch.sqrt(sides.prod(dim=1)),
        tuple(alarms),
        found.boxes_in_image.cpu(),
        found.labels.cpu(),
        found.scores.cpu(),
        {stage.name: stage.ms for stage in trace.stages},
    )
