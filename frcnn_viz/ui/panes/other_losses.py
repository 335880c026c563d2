"""The losses other programs compute, on the same sample."""

from __future__ import annotations

from frcnn_viz.analysis.loss_variants import variants
from frcnn_viz.figures.losses import curve_figure, variant_table
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.training import tell_step, training_step


def body(here: Session) -> None:
    """A table of the values, and under it the curves of one coordinate."""
    if here.ground_truth is None:
        nothing_drawn(here)
        return
    step = training_step(here)
    tell_step(here, step)
    losses = step.trace.losses(step.boxes_in_image, step.labels)
    cells = sum(rows * columns for rows, columns in step.trace.anchors.grid_sizes)
    explained_table(variant_table(variants(losses, cells)))
    chart(curve_figure(), "loss_curves", 240)
