"""One frame of a moving picture in a few numbers: how far each object got, and by how much it was lost.

A record holds no tensor and nothing of the trace, so that thousands of frames fit into memory and into JSON. What was
not measured, since no such box is there, is None.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum

from frcnn_viz.analysis.margins import Margin, Unit
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.analysis.waterfall import STAGES

Box = tuple[float, float, float, float]


class Cell(IntEnum):
    """What the flicker table says of an object in a frame: where it is not looked for, or the furthest it got."""

    OUTSIDE = 0
    HIDDEN = 1
    LEFT_OUT = 2
    NOTHING = 3
    ANCHOR = 4
    CANDIDATE = 5
    PROPOSAL = 6
    REFINED = 7
    SCORED = 8
    KEPT = 9
    FOUND = 10


FURTHEST = {
    "anchors": Cell.NOTHING,
    "moved by the RPN": Cell.ANCHOR,
    "top-n of each level": Cell.ANCHOR,
    "size and objectness filter": Cell.CANDIDATE,
    "RPN's NMS": Cell.CANDIDATE,
    "limit on proposals": Cell.CANDIDATE,
    "refined": Cell.PROPOSAL,
    "over the score threshold": Cell.REFINED,
    "final NMS": Cell.SCORED,
    "limit on detections": Cell.SCORED,
    "pairing": Cell.KEPT,
}
"""How far an object got that was lost at each of the waterfall's stages."""


@dataclass(frozen=True, slots=True)
class Suppressor:
    """The box that suppressed an object's.

    Attributes:
        identity: of the object it lies on, None where it lies on none. name: that object's class, or the box's own.
        box: in the image. score: its objectness in the RPN's NMS, else that of its class.
        iou: with the object whose box it suppressed.
    """

    identity: str | None
    name: str | None
    box: Box
    score: float
    iou: float


@dataclass(frozen=True, slots=True)
class Find:
    """The detection that counts for an object: its box in the image, score, and IoU with the object."""

    box: Box
    score: float
    iou: float


@dataclass(frozen=True, slots=True)
class Detected:
    """A detection: its box in the image, class and score, and whether it is a false alarm."""

    box: Box
    name: str
    score: float
    false_alarm: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """One object in one frame.

    Attributes:
        identity: the same in every frame. name: its class. box: in the image.
        hidden: whether the ground truth says that it cannot be seen.
        verdict, sentence: the autopsy's of this frame, which numbers objects by their place in it.
        reached: the index of the waterfall's stage that lost it, or the number of stages.
        ious: the best IoU with it of any box of each of the waterfall's stages.
        anchor: of the best IoU.
        level, objectness, rank: of the likeliest anchor that the RPN moved onto it: the level's index, the probability,
            the place in the RPN's list of that level.
        score, background: of the best-scored box of its class on it, for its class and for the background.
        rival: the class other than its own that a box on it has the best score for, and that score.
        suppressor: who suppressed the box that got furthest. neighbour: the object that its detection counts for.
        find: the detection that counts for it. margin: by how much it was lost.
    """

    identity: str
    name: str
    box: Box
    hidden: bool
    verdict: Verdict
    sentence: str
    reached: int
    ious: tuple[float, ...]
    anchor: int
    level: int | None = None
    objectness: float | None = None
    rank: int | None = None
    score: float | None = None
    background: float | None = None
    rival: tuple[str, float] | None = None
    suppressor: Suppressor | None = None
    neighbour: str | None = None
    find: Find | None = None
    margin: Margin | None = None

    @property
    def cell(self) -> Cell:
        """Where it stands in the flicker table."""
        if self.hidden:
            return Cell.HIDDEN
        if self.verdict in (Verdict.IGNORED, Verdict.UNKNOWN_CLASS):
            return Cell.LEFT_OUT
        return Cell.FOUND if self.reached == len(STAGES) else FURTHEST[STAGES[self.reached]]

    def iou(self, stage: str) -> float:
        """The best IoU of any box of one of the waterfall's stages."""
        return self.ious[STAGES.index(stage)]


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """One frame.

    Attributes:
        frame: its number. sightings: of its objects, in the order of the ground truth.
        hidden: identities that are in the frame, cannot be seen, and have no box.
        detections: by falling score. boxes: how many are left after each filter, by its name.
    """

    frame: int
    sightings: tuple[Sighting, ...]
    hidden: tuple[str, ...]
    detections: tuple[Detected, ...]
    boxes: dict[str, int]

    @property
    def false_alarms(self) -> int:
        """How many of the detections are."""
        return sum(one.false_alarm for one in self.detections)

    def of(self, identity: str) -> Sighting | None:
        """The object of an identity, None where it is not among those with a box."""
        return next((one for one in self.sightings if one.identity == identity), None)

    def cell(self, identity: str) -> Cell:
        """Where an object stands in the flicker table."""
        one = self.of(identity)
        if one is not None:
            return one.cell
        return Cell.HIDDEN if identity in self.hidden else Cell.OUTSIDE


def to_json(record: FrameRecord) -> str:
    """A record as text; `from_json` gives an equal one."""
    return json.dumps(record, default=lambda one: {name: getattr(one, name) for name in one.__slots__})


def from_json(text: str) -> FrameRecord:
    """The record that `to_json` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    row = json.loads(text)
    detections = tuple(Detected(**{**one, "box": tuple(one["box"])}) for one in row["detections"])
    sightings = tuple(map(_sighting, row["sightings"]))
    return FrameRecord(row["frame"], sightings, tuple(row["hidden"]), detections, row["boxes"])


def _sighting(row: dict) -> Sighting:
    made = {**row, "verdict": Verdict(row["verdict"]), "box": tuple(row["box"]), "ious": tuple(row["ious"])}
    if row["rival"]:
        made["rival"] = tuple(row["rival"])
    for name, kind in (("suppressor", Suppressor), ("find", Find)):
        if row[name]:
            made[name] = kind(**{**row[name], "box": tuple(row[name]["box"])})
    if row["margin"]:
        made["margin"] = Margin(**{**row["margin"], "unit": Unit(row["margin"]["unit"])})
    return Sighting(**made)
