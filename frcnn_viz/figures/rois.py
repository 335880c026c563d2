"""One region of interest: its crop, its place on the map, its pooled features."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import SELECTED, class_colour
from frcnn_viz.figures.rasters import colourise, grid
from frcnn_viz.pipeline.rois import LevelAssignment


def crop(picture: np.ndarray, box_in_image: Tensor) -> np.ndarray:
    """The pixels of uint8 [h, w, 3] under a box [4], at least one."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = box_in_image.tolist()
    left, top = min(max(int(x0), 0), width - 1), min(max(int(y0), 0), height - 1)  # an anchor may lie outside
    right, bottom = min(max(int(np.ceil(x1)), left + 1), width), min(max(int(np.ceil(y1)), top + 1), height)
    return picture[top:bottom, left:right]


def proposal_layer(boxes_in_image: Tensor, scores: Tensor) -> BoxLayer:
    """All proposals [P, 4], to choose one from."""
    return BoxLayer("proposal", boxes_in_image, [("proposals", "#56B4E9")], kind="proposal", scores=scores, width=1.0)


def chosen_layer(box_in_image: Tensor) -> BoxLayer:
    """The chosen proposal's box [4]."""
    return BoxLayer("chosen", box_in_image[None], [("chosen RoI", SELECTED)], width=3.0, pickable=False)


def level_told(assigned: LevelAssignment, box: Tensor) -> str:
    """Why a box [4] of the input frame is pooled from the map that was assigned to it alone."""
    if len(assigned.names) == 1:
        return "This detector has one map, so there is nothing to choose."
    side = (box[2:] - box[:2]).prod().sqrt().item()
    return (
        f"floor({assigned.canonical_level} + log2({side:.1f} / {assigned.canonical_scale})) "
        f"= floor({float(assigned.target[0]):.2f}), kept between the levels there are; "
        "side = sqrt(w h) in input pixels."
    )


def pooled_grid(pooled: Tensor, channels: int, columns: int) -> np.ndarray:
    """The first channels of pooled features [C, h, w], each on its own scale."""
    return grid([colourise(pooled[channel]) for channel in range(min(channels, len(pooled)))], columns, gap=1)


def compare_pooling(aligned: Tensor, pooled: Tensor) -> go.Figure:
    """Mean over channels of RoIAlign and RoIPool [C, h, w] side by side, and their difference."""
    first, second = aligned.mean(dim=0).cpu(), pooled.mean(dim=0).cpu()
    figure = go.Figure()
    for i, values in enumerate((first, second, first - second)):
        axis = "" if i == 0 else str(i + 1)
        figure.add_heatmap(
            z=values.numpy(), coloraxis="coloraxis" if i < 2 else "coloraxis2", xaxis=f"x{axis}", yaxis=f"y{axis}"
        )
        figure.update_layout(
            {
                f"xaxis{axis}": {
                    "domain": [i * 0.34, i * 0.34 + 0.3],
                    "title": ("RoIAlign", "RoIPool", "difference")[i],
                    "showticklabels": False,
                },
                f"yaxis{axis}": {"anchor": f"x{axis}", "autorange": "reversed", "showticklabels": False},
            }
        )
    figure.update_layout(
        coloraxis={"colorscale": "Viridis", "showscale": False},
        coloraxis2={"colorscale": "RdBu", "cmid": 0, "showscale": False},
        title="Mean over channels",
    )
    return figure


def class_bars(scores: Tensor, classes: tuple[str, ...], title: str) -> go.Figure:
    """The softmax [C], background included."""
    values = scores.cpu().tolist()
    order = sorted(range(len(values)), key=values.__getitem__, reverse=True)[:12]
    figure = go.Figure(
        go.Bar(
            x=[values[i] for i in order],
            y=[classes[i].strip("_") for i in order],
            orientation="h",
            marker_color=[class_colour(i) for i in order],
            text=[f"{values[i]:.3f}" for i in order],
            textposition="outside",
            cliponaxis=False,
        )
    )
    shown = f", the {len(order)} likeliest of {len(values)}" if len(order) < len(values) else ""
    figure.update_layout(title=title + shown, xaxis_range=[0, 1.12], yaxis_autorange="reversed")
    return figure
