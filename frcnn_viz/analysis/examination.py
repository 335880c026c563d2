"""One image examined: each object's verdict, each false alarm's kind, how far each object got; small enough to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from frcnn_viz.analysis.autopsy import examine
from frcnn_viz.analysis.false_alarms import FalseAlarm, false_alarms
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.tables import text_table
from frcnn_viz.pipeline.trace import Trace


@dataclass(frozen=True, eq=False, repr=False)
class Examination:
    """What a detector did with the G objects of one image, and its D detections.

    Attributes:
        findings: of each object. ious: float32 [G, stages], the waterfall's table.
        sizes: float32 [G], square roots of the objects' areas after the resize.
        alarms: the false alarms. detections: float32 [D, 4] in the image; labels int64 [D], scores float32 [D].
        ignored: bool [D], detections that lie on an ignored object: neither finds nor false alarms.
        ms: of each stage of the pipeline.
    """

    findings: tuple[Finding, ...]
    ious: Tensor
    sizes: Tensor
    alarms: tuple[FalseAlarm, ...]
    detections: Tensor
    labels: Tensor
    scores: Tensor
    ignored: Tensor
    ms: dict[str, float]

    def __repr__(self) -> str:
        rows = [{"": number, "verdict": one.verdict, "why": one.sentence} for number, one in enumerate(self.findings)]
        return text_table(self.told, rows)

    @property
    def told(self) -> str:
        """How many objects are missed, and how many false alarms there are."""
        return f"{self.missed} of {int(self.counted.sum())} objects missed, {len(self.alarms)} false alarms"

    @property
    def missed(self) -> int:
        """How many objects should have been found and were not."""
        return sum(finding.missed for finding in self.findings)

    @property
    def counted(self) -> Tensor:
        """Which objects are either found or missed, and so in every count and recall: bool [G]."""
        return torch.tensor([one.missed or one.verdict is Verdict.FOUND for one in self.findings], dtype=torch.bool)


def left_out(examined: Iterable[Examination]) -> list[str]:
    """What the counts and recalls of these images leave out, a sentence each; none where nothing is."""
    examined = list(examined)
    counts = Counter(finding.verdict for one in examined for finding in one.findings)
    on_them = sum(int(one.ignored.sum()) for one in examined)
    return told_left_out(counts[Verdict.IGNORED], on_them, counts[Verdict.UNKNOWN_CLASS])


def told_left_out(ignored: int, on_ignored: int, unknown: int) -> list[str]:
    """The sentences of `left_out` for so many ignored objects, detections on them, and objects of unknown classes."""
    told = []
    if ignored:
        told.append(
            f"Crowds or difficult objects, neither found nor missed: {ignored:,}; detections on them, which are no "
            f"false alarms: {on_ignored:,}."
        )
    if unknown:
        told.append(f"Objects of classes the detector does not know, left out: {unknown:,}.")
    return told


def examine_image(detector: Detector, trace: Trace, truth: GroundTruth) -> Examination:
    """Which stage lost each object, and what is wrong with each false alarm.

    Args:
        detector: of the trace; its classes name the labels.
        trace: of the image; it may have run already.
        truth: what is really on the image.
    """
    labels = truth.labels_in(detector.classes)
    autopsy = examine(trace, truth, detector.classes)
    found = trace.detections
    alarms = false_alarms(
        found.boxes_in_image, found.labels, truth.boxes_in_image.to(found.boxes.device), labels, autopsy.outcomes
    )
    sides = (autopsy.boxes[:, 2:] - autopsy.boxes[:, :2]).cpu()
    return Examination(
        autopsy.findings,
        autopsy.ious,
        torch.sqrt(sides.prod(dim=1)),
        tuple(alarms),
        found.boxes_in_image.cpu(),
        found.labels.cpu(),
        found.scores.cpu(),
        autopsy.outcomes.ignored_detections,
        {stage.name: stage.ms for stage in trace.stages},
    )
