"""Layers and charts that several stages share."""

from __future__ import annotations

import plotly.graph_objects as go
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.palette import GROUND_TRUTH
from frcnn_viz.words import word


def ground_truth_layer(truth: GroundTruth, visible: bool = True) -> BoxLayer:
    """The objects with their class names."""
    return BoxLayer(
        name="ground truth",
        boxes_in_image=truth.boxes_in_image,
        legend=[("ground truth", GROUND_TRUTH)],
        labels=list(truth.names),
        width=2.0,
        visible=visible,
    )


def bars(names: list[str], values: list[float], colours: list[str], title: str, log: bool = False) -> go.Figure:
    """Horizontal bars with their numbers, the first on top."""
    text = [f"{v:,.0f}" if float(v).is_integer() else f"{v:.3f}" for v in values]
    figure = go.Figure(go.Bar(y=names, x=values, orientation="h", marker_color=colours, text=text, textposition="auto"))
    figure.update_layout(
        title=title, xaxis_type="log" if log else "linear", yaxis_autorange="reversed", showlegend=False
    )
    return figure


def histogram(values: Tensor, title: str, colour: str, axis: str) -> go.Figure:
    """How the values are spread, in 60 bins."""
    figure = go.Figure(go.Histogram(x=values.cpu().numpy(), nbinsx=60, marker_color=colour))
    figure.update_layout(title=title, xaxis_title=axis, yaxis_title=word("axis.count").term, bargap=0.05)
    return figure
