"""The mini-batch that is shown: the anchors that the first stage learns from, or the RoIs of the second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.losses import anchor_layer, roi_layer, worst_anchors, worst_rois
from frcnn_viz.pipeline.losses import Aim, Losses
from frcnn_viz.ui import session
from frcnn_viz.ui.training import TrainingStep


@dataclass(frozen=True, eq=False)
class Batch:
    """What the two have in common.

    Attributes:
        labels: [N], 0 for negatives. anchors: int64 [N], of the first stage's alone. layer: its boxes.
        worst: a line for each that adds most. aim: what one is to learn, by its place.
    """

    labels: Tensor
    anchors: Tensor | None
    layer: BoxLayer
    worst: list[dict[str, object]]
    aim: Callable[[int], Aim]

    @property
    def chosen(self) -> Aim | None:
        """What the clicked one is to learn, if one is clicked."""
        row = session.selected(self.layer.kind)
        return self.aim(row) if row is not None and row < len(self.labels) else None


def of_anchors(step: TrainingStep, losses: Losses) -> Batch:
    """The first stage's."""
    rpn, grid = losses.rpn, step.trace.anchors
    layer = anchor_layer(rpn, grid, step.trace.input)
    aim = lambda row: Aim.of_anchor(step.detector.model, grid, rpn, row)  # noqa: E731
    return Batch(rpn.labels, rpn.anchors, layer, worst_anchors(rpn), aim)


def of_rois(step: TrainingStep, losses: Losses) -> Batch:
    """The second stage's."""
    roi, classes = losses.roi, step.detector.classes
    layer = roi_layer(roi, classes, step.trace.input)
    aim = lambda row: Aim.of_roi(step.detector.model, roi, row)  # noqa: E731
    return Batch(roi.labels, None, layer, worst_rois(roi, classes), aim)
