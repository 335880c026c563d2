"""Anchors judged in figures: recall, mean best IoU and positives, by class and by size; before and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from frcnn_viz.analysis.anchor_fit import Fit, ObjectsOnGrids, count_anchors_over, fit_anchors
from frcnn_viz.data.statistics import BANDS
from frcnn_viz.pipeline.settings import LevelTuples


@dataclass(frozen=True)
class Row:
    """One group of objects.

    Attributes:
        name: `all`, a class, or a size band. objects: how many.
        recall_50, recall_70: the part that some anchor overlaps at 0.5 and 0.7.
        mean_iou: mean best IoU. positives: mean number of anchors at the positive threshold or over.
        without: objects with none; they get their best anchors only, as low-quality matches.
    """

    name: str
    objects: int
    recall_50: float
    recall_70: float
    mean_iou: float
    positives: float
    without: int


@dataclass(frozen=True, eq=False)
class AnchorReport:
    """One choice of anchors, judged.

    Attributes:
        fit: of each object. positives: int64 [N].
        rows: all objects first, then the classes by frequency, then the size bands.
    """

    fit: Fit
    positives: Tensor
    rows: tuple[Row, ...]

    @property
    def all(self) -> Row:
        """The row of all objects."""
        return self.rows[0]


def report(
    objects: ObjectsOnGrids, sizes: LevelTuples, ratios: LevelTuples, fg_iou_thresh: float = 0.7
) -> AnchorReport:
    """Judge anchors by the objects they are to find; nothing is trained and no network runs."""
    fit = fit_anchors(objects, sizes, ratios)
    positives = count_anchors_over(objects, sizes, ratios, fg_iou_thresh)
    rows = [_row("all", fit, positives, torch.ones(len(objects), dtype=torch.bool))]
    names, counts = np.unique(objects.labels.astype(str), return_counts=True)
    for name in names[np.argsort(-counts, kind="stable")]:
        rows.append(_row(str(name), fit, positives, torch.from_numpy(objects.labels == name)))
    side = objects.sizes
    for name, (low, high) in BANDS.items():
        rows.append(_row(name, fit, positives, (side >= low) & (side < high)))
    return AnchorReport(fit, positives, tuple(rows))


def changed(before: Fit, after: Fit, threshold: float) -> tuple[Tensor, Tensor]:
    """The objects that reach the threshold only after, and only before: int64 indices, the largest change first."""
    change = after.iou - before.iou
    order = change.abs().argsort(descending=True, stable=True)
    gained = (before.iou < threshold) & (after.iou >= threshold)
    lost = (before.iou >= threshold) & (after.iou < threshold)
    return order[gained[order]], order[lost[order]]


def _row(name: str, fit: Fit, positives: Tensor, of: Tensor) -> Row:
    iou, count = fit.iou[of], positives[of]
    mean = lambda values: float(values.float().mean())  # noqa: E731
    return Row(name, int(of.sum()), mean(iou >= 0.5), mean(iou >= 0.7), mean(iou), mean(count), int((count == 0).sum()))
