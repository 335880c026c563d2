"""How steady the detections of a moving picture are, and its numbers as curves over time.

The three errors are those of Zhang and Wang, "On The Stability of Video Detection and Tracking" (2016), section 3.2, at
one score threshold and one IoU instead of their mean over many. For an object (a trajectory) in sight in t frames:

    fragment error          f / (t - 1), f changes between found and lost from a frame in sight to the next; 0 if t = 1
    centre position error   std(e_x) + std(e_y), e_x = (x_d - x_g) / w_g, e_y = (y_d - y_g) / h_g
    scale and ratio error   std(e_s) + std(e_r), e_s = sqrt(w_d h_d / (w_g h_g)), e_r = (w_d / h_d) / (w_g / h_g)

with x, y, w, h the centre and sides of the detection d and the ground truth g, and the standard deviation over the
frames in which it is found (divided by their number). A steady offset is no error here: it counts as accuracy. A
clip's errors are the means over its objects, and their sum is its stability error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from frcnn_viz.analysis.sightings import Cell, FrameRecord, Sighting


@dataclass(frozen=True)
class Steadiness:
    """One object's errors.

    Attributes:
        identity, name: of it. frames: in which it is in sight. found: in how many of them it is found.
        fragment: its fragment error. centre, scale_ratio: the others, None where it is never found.
    """

    identity: str
    name: str
    frames: int
    found: int
    fragment: float
    centre: float | None
    scale_ratio: float | None


def steadiness(records: Sequence[FrameRecord]) -> list[Steadiness]:
    """The errors of every object that is in sight and not left out in some frame, in the order they are first seen."""
    seen: dict[str, list[Sighting]] = {}
    for record in records:
        for one in record.sightings:
            if one.cell >= Cell.NOTHING:
                seen.setdefault(one.identity, []).append(one)
    return [_steadiness(identity, of) for identity, of in seen.items()]


def mean_errors(objects: Sequence[Steadiness]) -> dict[str, float | None]:
    """The clip's fragment, centre and scale_ratio errors; None where no object has any."""
    told: dict[str, float | None] = {}
    for name in ("fragment", "centre", "scale_ratio"):
        known = [value for one in objects if (value := getattr(one, name)) is not None]
        told[name] = sum(known) / len(known) if known else None
    return told


def fragment_error(found: Sequence[bool]) -> float:
    """The part of an object's steps from frame to frame in which it is found and then lost, or lost and then found."""
    changes = sum(a != b for a, b in pairwise(found))
    return changes / (len(found) - 1) if len(found) > 1 else 0.0


def centre_error(detected: np.ndarray, truth: np.ndarray) -> float:
    """The spread of the centres' offsets, in parts of the object's sides; both float [N, 4] xyxy, N at least 1."""
    offsets = (_centres(detected) - _centres(truth)) / _sides(truth)
    return float(offsets.std(axis=0).sum())


def scale_ratio_error(detected: np.ndarray, truth: np.ndarray) -> float:
    """The spread of scale and aspect ratio, each in parts of the object's; boxes as `centre_error` takes them."""
    sides = _sides(detected) / _sides(truth)
    scale, ratio = np.sqrt(sides.prod(axis=1)), sides[:, 0] / sides[:, 1]
    return float(scale.std() + ratio.std())


def counts_over_time(records: Sequence[FrameRecord]) -> dict[str, np.ndarray]:
    """By frame: objects in sight, of them found, false alarms, and the boxes left after each filter: int64 [frames]."""
    cells = [[one.cell for one in record.sightings] for record in records]
    told = {
        "in sight": [sum(cell >= Cell.NOTHING for cell in of) for of in cells],
        "found": [of.count(Cell.FOUND) for of in cells],
        "false alarms": [record.false_alarms for record in records],
    }
    filters = dict.fromkeys(name for record in records for name in record.boxes)
    told |= {name: [record.boxes[name] for record in records] for name in filters}
    return {name: np.array(values, dtype=np.int64) for name, values in told.items()}


def objects_by_cell(records: Sequence[FrameRecord]) -> dict[Cell, np.ndarray]:
    """How many objects each cell of the flicker table has, by frame: int64 [frames], for those from `NOTHING` on."""
    cells = [[one.cell for one in record.sightings] for record in records]
    return {cell: np.array([of.count(cell) for of in cells], dtype=np.int64) for cell in Cell if cell >= Cell.NOTHING}


def object_over_time(records: Sequence[FrameRecord], identity: str, number: str) -> np.ndarray:
    """One number of one object by frame: float64 [frames], NaN where it was not measured.

    Args:
        records: of the frames.
        identity: the object's.
        number: `score`, `background`, `objectness`, `rank`, or one of the waterfall's stages for its best IoU there.
    """
    values = [_number(record.of(identity), number) for record in records]
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def _number(one: Sighting | None, number: str) -> float | None:
    if one is None:
        return None
    return getattr(one, number) if number in ("score", "background", "objectness", "rank") else one.iou(number)


def _steadiness(identity: str, of: Sequence[Sighting]) -> Steadiness:
    found = [one for one in of if one.find]
    centre = scale_ratio = None
    if found:
        boxes = np.array([one.find.box for one in found]), np.array([one.box for one in found])
        centre, scale_ratio = centre_error(*boxes), scale_ratio_error(*boxes)
    fragment = fragment_error([one.find is not None for one in of])
    return Steadiness(identity, of[0].name, len(of), len(found), fragment, centre, scale_ratio)


def _centres(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _sides(boxes: np.ndarray) -> np.ndarray:
    return boxes[:, 2:] - boxes[:, :2]
