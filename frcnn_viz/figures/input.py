"""The picture on its way into the network."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from torch import Tensor

from frcnn_viz.figures.palette import BLUE, GREEN, VERMILION
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.pipeline.results import NetworkInput
from frcnn_viz.words import word


def steps(network_input: NetworkInput) -> dict[str, np.ndarray]:
    """The picture after resize, and after padding, each uint8 [h, w, 3], normalisation undone."""
    return {
        "resized": to_uint8(network_input.denormalized(network_input.resized)),
        "padded": to_uint8(network_input.denormalized(network_input.images.tensors[0])),
    }


def channel_histogram(image: Tensor, title: str) -> go.Figure:
    """How the values of each colour of an image [3, h, w] are spread."""
    values = image.cpu().numpy()
    figure = go.Figure()
    for channel, (name, colour) in enumerate([("red", VERMILION), ("green", GREEN), ("blue", BLUE)]):
        low, high = float(values[channel].min()), float(values[channel].max())
        # A picture of one colour differs by roundings after the resize: too little for 64 bins of float32.
        counts, edges = np.histogram(values[channel], bins=64, range=(low, max(high, low + 0.001)))
        figure.add_scatter(x=(edges[:-1] + edges[1:]) / 2, y=counts, name=name, line={"color": colour, "shape": "hvh"})
    figure.update_layout(title=title, xaxis_title=word("axis.value").term, yaxis_title=word("axis.pixels").term)
    return figure
