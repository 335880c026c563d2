"""Feature maps as pictures."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import torch
from torch import Tensor

from frcnn_viz.analysis.feature_views import pca_to_rgb
from frcnn_viz.figures.palette import level_colour
from frcnn_viz.figures.rasters import colourise, grid, to_uint8
from frcnn_viz.pipeline.results import NetworkInput
from frcnn_viz.words import word

VIEWS = ("mean", "max", "PCA to RGB")


def summary(feature_map: Tensor, view: str) -> np.ndarray:
    """The map [C, h, w] as one picture uint8 [h, w, 3], one pixel per cell."""
    if view == "PCA to RGB":
        return to_uint8(pca_to_rgb(feature_map))
    return colourise(feature_map.mean(dim=0) if view == "mean" else feature_map.amax(dim=0))


def channel_grid(
    feature_map: Tensor, channels: list[int], limits: tuple[float, float] | None, columns: int
) -> np.ndarray:
    """Some channels of [C, h, w] side by side; each on its own scale when `limits` is None."""
    low, high = limits or (None, None)
    return grid([colourise(feature_map[channel], low, high) for channel in channels], columns, gap=1)


def scale_limits(maps: dict[str, Tensor], level: str, scale: str) -> tuple[float, float] | None:
    """The colour scale's ends: of each channel (None), of the level, or of all levels."""
    if scale == "channel":
        return None
    chosen = [maps[level]] if scale == "level" else list(maps.values())
    return min(float(m.min()) for m in chosen), max(float(m.max()) for m in chosen)


def cell_profile(feature_map: Tensor, row: int, column: int, level: int) -> go.Figure:
    """The values of one cell over the channels of [C, h, w]."""
    values = feature_map[:, row, column].cpu().numpy()
    figure = go.Figure(go.Bar(x=np.arange(len(values)), y=values, marker_color=level_colour(level)))
    figure.update_layout(
        title=f"The {len(values)} channels at {row}, {column}",
        xaxis_title=word("axis.channel").term,
        yaxis_title=word("axis.activation").term,
    )
    return figure


def map_extent(
    network_input: NetworkInput, cells: tuple[int, int], strides: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Where so many cells, down and across, of so many pixels of the input lie: x0, y0, x1, y1 of the image."""
    (rows, columns), (stride_y, stride_x), (down, across) = cells, strides, network_input.scale
    return 0.0, 0.0, columns * stride_x / across, rows * stride_y / down


def field_extent(gradient: Tensor) -> tuple[int, int, int, int] | None:
    """The smallest box x0, y0, x1, y1 around the non-zero part of a map [h, w], or None where all is zero."""
    ys, xs = torch.nonzero(gradient, as_tuple=True)
    if not len(ys):
        return None
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
