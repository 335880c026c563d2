"""What two views find differently: their detections on one picture, and the objects of a set that one of them finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.confusion import scored
from frcnn_viz.analysis.examination import Examination
from frcnn_viz.analysis.false_alarms import Mistake
from frcnn_viz.analysis.metrics import coco_report
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.pipeline.results import Detections

PARTNER_IOU = 0.5
"""From here on two detections of one class are the same find, as in COCO's evaluation."""
SAME_IOU = 0.999
"""Under this a box has moved: one of 100 pixels by a twentieth of a pixel, far more than a device's rounding."""
SAME_SCORE = 0.001
"""Scores that differ by more are different."""


class Difference(StrEnum):
    """What became of a detection from A to B. One that moved counts as moved, whatever its score."""

    SAME = "the same"
    MOVED = "moved"
    RESCORED = "rescored"
    ONLY_A = "only in A"
    ONLY_B = "only in B"


@dataclass(frozen=True, eq=False)
class Found:
    """The detections of one view, on the CPU.

    Attributes:
        boxes_in_image: float32 [D, 4]. scores: float32 [D]. names: the class of each.
    """

    boxes_in_image: Tensor
    scores: Tensor
    names: tuple[str, ...]

    @classmethod
    def of(cls, found: Detections, classes: Sequence[str]) -> Found:
        """Those of a trace, by a detector of these classes."""
        names = tuple(classes[label] for label in found.labels.tolist())
        return cls(found.boxes_in_image.cpu(), found.scores.cpu(), names)


@dataclass(frozen=True)
class Pair:
    """A detection of A and its partner in B, or one without.

    Attributes:
        difference: what became of it. a, b: their numbers; None on the side that has none. iou: of the two, or 0.
    """

    difference: Difference
    a: int | None
    b: int | None
    iou: float = 0.0


def compare_detections(a: Found, b: Found) -> list[Pair]:
    """Every detection of both exactly once: those of A in their order, then what only B has.

    Partners are of the same class by name, so that detectors with other labels can be compared. The two that overlap
    most, from `PARTNER_IOU` on, are paired first; of equal overlaps the first of A, then the first of B.
    """
    iou = box_iou(a.boxes_in_image, b.boxes_in_image)
    rows, columns = (iou >= PARTNER_IOU).nonzero(as_tuple=True)
    order = iou[rows, columns].argsort(descending=True, stable=True)
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in partner and column not in taken and a.names[row] == b.names[column]:
            partner[row] = column
            taken.add(column)
    pairs = []
    for row in range(len(a.names)):
        if row not in partner:
            pairs.append(Pair(Difference.ONLY_A, row, None))
            continue
        column = partner[row]
        overlap, change = float(iou[row, column]), abs(float(a.scores[row]) - float(b.scores[column]))
        pairs.append(Pair(_difference(overlap, change), row, column, overlap))
    return pairs + [Pair(Difference.ONLY_B, None, column) for column in range(len(b.names)) if column not in taken]


def _difference(iou: float, change: float) -> Difference:
    if iou < SAME_IOU:
        return Difference.MOVED
    return Difference.RESCORED if change > SAME_SCORE else Difference.SAME


Lost = tuple[int, int, Finding]
"""An object that one side finds: its image, its number there, and what became of it on the other side."""


def found_by_one(a: Iterable[Examination], b: Iterable[Examination]) -> tuple[list[Lost], list[Lost]]:
    """The objects that A finds and B misses, and those that B finds and A misses, on the same images.

    An object of a class that one does not know is no miss of it.
    """
    only_a: list[Lost] = []
    only_b: list[Lost] = []
    for image, (of_a, of_b) in enumerate(zip(a, b, strict=True)):
        for number, (in_a, in_b) in enumerate(zip(of_a.findings, of_b.findings, strict=True)):
            if in_a.verdict is Verdict.FOUND and in_b.missed:
                only_a.append((image, number, in_b))
            elif in_b.verdict is Verdict.FOUND and in_a.missed:
                only_b.append((image, number, in_a))
    return only_a, only_b


@dataclass(frozen=True)
class Totals:
    """What a view makes of a set.

    Attributes:
        found, missed: objects that it should find. false_alarms: detections that count for none.
        mistakes: how many of these are of each kind. coco: COCO's figures by name; none where there is no object.
    """

    found: int
    missed: int
    false_alarms: int
    mistakes: dict[Mistake, int]
    coco: dict[str, float]


def totals(truths: Sequence[GroundTruth], examined: Sequence[Examination], classes: Sequence[str]) -> Totals:
    """Add up the examinations of a set; `truths` are of the same images, `classes` the detector's, by label."""
    counted, missed = sum(int(one.counted.sum()) for one in examined), sum(one.missed for one in examined)
    kinds = Counter(alarm.mistake for one in examined for alarm in one.alarms)
    found = [{"boxes": one.detections, "labels": one.labels, "scores": one.scores} for one in examined]
    measured = scored(found, truths, classes[1:]).objects
    return Totals(
        counted - missed,
        missed,
        kinds.total(),
        {mistake: kinds[mistake] for mistake in Mistake},
        dict(coco_report(found, truths, classes[1:]).figures) if measured else {},
    )
