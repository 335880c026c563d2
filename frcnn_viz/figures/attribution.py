"""Maps of what each pixel added to a number, and how far they can be trusted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from frcnn_viz.analysis.attribution import Attribution, Target
from frcnn_viz.analysis.deletion import CHANCES, Deletion
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import BLUE, GREY, ORANGE, SELECTED
from frcnn_viz.figures.rasters import to_uint8, with_boxes
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.words import word

SHOWN = ("both", "raised", "lowered")
RAISED, LOWERED = ORANGE, BLUE
STRONGEST = 0.998
"""The part of the cells that are under full colour; a few are often far stronger than all others."""


def by_cell(values: Tensor, side: int) -> Tensor:
    """A map [h, w] summed over squares of `side` pixels: [ceil(h / side), ceil(w / side)]; the whole sum stays."""
    return avg_pool2d(values[None, None], side, ceil_mode=True, divisor_override=1)[0, 0]


def full_colour(cells: Tensor) -> float:
    """The size from which on a cell has full colour."""
    sizes = cells.abs().flatten().sort().values
    return max(float(sizes[int(STRONGEST * (len(sizes) - 1))]), float(sizes[-1]) / 4)


def diverging(cells: Tensor, limit: float, shown: str = SHOWN[0]) -> np.ndarray:
    """Signed values [h, w] as uint8 [h, w, 4]: the colour tells the sign, the opacity the size; zero is transparent.

    Args:
        cells: the values.
        limit: from which size on the colour is full.
        shown: one of `SHOWN`; values of the other sign are transparent.
    """
    values = cells.detach().float().cpu().numpy()
    values = {"both": values, "raised": values.clip(min=0), "lowered": values.clip(max=0)}[shown]
    colours = np.array([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in (LOWERED, RAISED)], np.uint8)
    sheet = np.empty((*values.shape, 4), dtype=np.uint8)
    sheet[..., :3] = colours[(values > 0).astype(int)]
    sheet[..., 3] = (np.abs(values) / (limit or 1.0) * 255).round().clip(0, 255)
    return sheet


def scale_bar() -> np.ndarray:
    """The colours from full to full, the lowest on the left: uint8 [10, 280, 4]."""
    return diverging(torch.linspace(-1, 1, 280).expand(10, -1), 1.0)


def held_box(trace: Trace, target: Target) -> Tensor:
    """The box of the number, which the map holds fixed: float32 [1, 4], input frame."""
    boxes = trace.anchors.boxes if target.kind.of_anchor else trace.proposals.boxes
    return boxes[target.box][None]


def held_layer(trace: Trace, target: Target) -> BoxLayer:
    """The same on the picture."""
    name = word("why.held").term
    boxes = trace.input.boxes_in_image(held_box(trace, target))
    return BoxLayer(name, boxes, [(name, SELECTED)], width=3.0, pickable=False)


def faint(layer: BoxLayer) -> BoxLayer:
    """A layer to choose from that hides little of the map: thin, without words."""
    return replace(layer, labels=None, named=0, width=1.0)


def laid_over(trace: Trace, found: Attribution, side: int = 8) -> np.ndarray:
    """The picture in the input frame with the map by cells over it, and its box: uint8 [h, w, 3]."""
    picture = to_uint8(trace.input.denormalized(trace.input.resized))
    cells = by_cell(found.map, side)
    sheet = diverging(cells, full_colour(cells)).repeat(side, axis=0).repeat(side, axis=1)
    sheet = sheet[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    opacity = sheet[..., 3:] / 255
    mixed = picture * (1 - opacity) + sheet[..., :3] * opacity
    return with_boxes(mixed.round().astype(np.uint8), held_box(trace, found.target).cpu(), [SELECTED])


def deletion_curves(checked: Deletion) -> go.Figure:
    """The number as patches are deleted: in the map's order, and the mean and the range of orders at random."""
    parts, chance = checked.parts.tolist(), checked.chance
    figure = go.Figure()
    edges = {"low": chance.amin(dim=0), "high": chance.amax(dim=0)}
    for name, values in edges.items():
        figure.add_scatter(
            x=parts,
            y=values.tolist(),
            mode="lines",
            line={"width": 0},
            fill="tonexty" if name == "high" else None,
            fillcolor="rgba(140, 140, 140, 0.3)",
            showlegend=False,
            hoverinfo="skip",
        )
    random = {"color": GREY, "dash": "dash"}
    name = f"{word('why.at_random').term} ({CHANCES})"
    figure.add_scatter(x=parts, y=chance.mean(dim=0).tolist(), name=name, line=random)
    figure.add_scatter(
        x=parts, y=checked.curve.tolist(), name=word("why.in_order").term, line={"color": BLUE, "width": 3}
    )
    figure.update_layout(
        title=word("chart.deletion").term,
        xaxis={"title": word("axis.deleted").term, "tickformat": ".0%"},
        yaxis={"title": checked.kind.value, "rangemode": "tozero"},
        legend={"orientation": "h", "y": -0.35},
    )
    return figure
