"""What anchors are worth to given objects: one number for each objective.

Shape shorthand: N objects; T trials.
"""

from __future__ import annotations

import numpy as np
import torch

from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids, count_anchors_over, count_around, fit_anchors
from frcnn_viz.pipeline.settings import LevelTuples

OBJECTIVES = {
    "mean": "mean best IoU",
    "recall_50": "recall at IoU 0.5",
    "recall_70": "recall at IoU 0.7",
    "positives": "objects with a positive, then positives per object",
}
TIE = 0.01
"""The weight of what breaks the ties of a recall, itself in 0..1."""
_MOST_POSITIVES = 20


def value(objects: ObjectsOnGrids, sizes: LevelTuples, ratios: LevelTuples, objective: str) -> float:
    """How good anchors are for the objects; more is better. Ties of a recall are broken by the mean best IoU.

    Raises:
        ValueError: no such objective.
    """
    check(objective)
    if objective == "positives":
        count = count_anchors_over(objects, sizes, ratios, 0.7).numpy()
        return float(of_counts(count[None])[0])
    return float(of_ious(fit_anchors(objects, sizes, ratios).iou.numpy()[None], objective)[0])


def check(objective: str) -> None:
    """Refuse what is no objective."""
    if objective not in OBJECTIVES:
        raise ValueError(f"there is no objective {objective!r}; choose one of {', '.join(OBJECTIVES)}.")


def of_ious(iou: np.ndarray, objective: str) -> np.ndarray:
    """The value of trials by the best IoU with each object, [T, N]: float64 [T]. Not for positives."""
    mean = iou.mean(axis=1, dtype=np.float64)
    if objective == "mean":
        return mean
    return (iou >= (0.5 if objective == "recall_50" else 0.7)).mean(axis=1) + TIE * mean


def of_counts(count: np.ndarray) -> np.ndarray:
    """The value of trials by the number of positives of each object, [T, N]: float64 [T]."""
    capped = count.clip(max=_MOST_POSITIVES).mean(axis=1, dtype=np.float64) / _MOST_POSITIVES
    return (count > 0).mean(axis=1) + TIE * capped


class Served:
    """What many shapes at once do for the objects of a set; equal to `fit_anchors`, in a hundredth of the time."""

    def __init__(self, objects: ObjectsOnGrids) -> None:
        self.objects = objects
        columns = [objects.boxes[:, axis].numpy() for axis in range(4)]
        self._low, self._high = columns[:2], columns[2:]
        self._area = objects.areas.numpy()
        self._places = objects.places.permute(2, 1, 0).contiguous().numpy()  # x and y, levels, objects

    def ious(self, level: int, sizes: np.ndarray, ratios: np.ndarray) -> np.ndarray:
        """The best IoU of each shape with each object: float32 [T, N]. sizes, ratios: [T]."""
        half = half_sides(sizes, ratios)
        overlaps = []
        for axis in range(2):
            place, reach = self._places[axis, level], half[:, axis, None]
            last = np.minimum(place + reach, self._high[axis])
            overlaps.append(np.maximum(last - np.maximum(place - reach, self._low[axis]), 0))
        inter = overlaps[0] * overlaps[1]
        return inter / (self._area + 4 * half.prod(axis=1)[:, None] - inter)

    def counts(self, level: int, sizes: np.ndarray, ratios: np.ndarray) -> np.ndarray:
        """How many anchors of each shape are positives of each object: int64 [T, N]. sizes, ratios: [T]."""
        iou = self.ious(level, sizes, ratios)
        trial, row = (iou >= 0.7).nonzero()
        half = torch.from_numpy(half_sides(sizes, ratios)[trial])
        counts = np.zeros(iou.shape, dtype=np.int64)
        shapes = torch.cat([-half, half], dim=1)
        counts[trial, row] = count_around(self.objects, level, torch.from_numpy(row), shapes, 0.7).numpy()
        return counts


def half_sides(sizes: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """Half the width and height that torchvision's generator rounds anchors to: float32 [T, 2]. sizes, ratios: [T]."""
    high, size = np.sqrt(ratios.astype(np.float32)), sizes.astype(np.float32)
    return np.stack([(1 / high) * size / 2, high * size / 2], axis=1).round()
