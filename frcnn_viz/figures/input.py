"""The picture on its way into the network."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from frcnn_viz.figures.palette import BLUE, GREEN, VERMILION
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.pipeline.results import NetworkInput


def steps(network_input: NetworkInput) -> dict[str, np.ndarray]:
    """The picture before, after resize, and after padding, each uint8 [h, w, 3], normalisation undone."""
    return {
        "image": to_uint8(network_input.image),
        "resized": to_uint8(network_input.denormalized(network_input.resized)),
        "padded": to_uint8(network_input.denormalized(network_input.images.tensors[0])),
    }


def channel_histogram(network_input: NetworkInput, normalized: bool) -> go.Figure:
    """How the values of each colour are spread, before or after normalisation."""
    values = (network_input.resized if normalized else network_input.image).cpu().numpy()
    figure = go.Figure()
    for channel, (name, colour) in enumerate([("red", VERMILION), ("green", GREEN), ("blue", BLUE)]):
        counts, edges = np.histogram(values[channel], bins=64)
        figure.add_scatter(x=(edges[:-1] + edges[1:]) / 2, y=counts, name=name, line={"color": colour, "shape": "hvh"})
    figure.update_layout(
        title="Values after normalise and resize" if normalized else "Values of the image",
        xaxis_title="value",
        yaxis_title="pixels",
    )
    return figure
