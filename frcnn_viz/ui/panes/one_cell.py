"""One anchor of one cell, as three programs make it."""

from __future__ import annotations

import streamlit as st
import torch

from frcnn_viz.analysis.conventions import PAPER_RATIOS, PAPER_SCALES, PAPER_STRIDE, WAYS, inside_count
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import BLUE, DASHED, DOTTED, GREEN, ORANGE
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.controls import choice
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

SIDE = 800
ROWS = COLUMNS = SIDE // PAPER_STRIDE
COLOURS = (BLUE, ORANGE, GREEN)
SHAPE = Option("conventions.shape", 3)
SHAPES = {
    place: f"{PAPER_SCALES[place % 3] * PAPER_STRIDE} px, ratio {PAPER_RATIOS[place // 3]:g}"
    for place in range(len(PAPER_SCALES) * len(PAPER_RATIOS))
}


def body(here: Session) -> None:
    """The picture with the cell, and the choice and the counts beside it."""
    left, inspector = workbench()
    with inspector:
        shape = choice(SHAPE, "convention.shape", SHAPES)
        st.markdown("**Inside the picture, as made by**")
        for name, (make, source) in WAYS.items():
            boxes = make(ROWS, COLUMNS)
            inside = inside_count(boxes, ROWS * PAPER_STRIDE, COLUMNS * PAPER_STRIDE)
            st.metric(source, f"{inside:,}", help=f"Anchors that do not cross the border, of {len(boxes):,}: {name}.")
        canvas_panel("conventions_canvas")
        st.caption(
            f"The picture is stretched to {SIDE} x {SIDE} pixels, as in many exercises. Dots are the middles of the "
            "cells; click one. Zoom in on a corner to see the eight pixels between the conventions."
        )
    with left:
        show_cell(here, shape)


def show_cell(here: Session, shape: int) -> None:
    """The anchor on the picture, and the middles of the cells to click."""
    chosen = session.selected("cell")
    cell = chosen if chosen is not None and chosen < ROWS * COLUMNS else (ROWS // 2) * COLUMNS + COLUMNS // 2
    height, width = here.image.size
    to_image = torch.tensor([width / SIDE, height / SIDE] * 2)
    boxes = torch.stack([make(ROWS, COLUMNS)[cell * 9 + shape] for make, _ in WAYS.values()]) * to_image
    legend = [(source, colour) for (_, source), colour in zip(WAYS.values(), COLOURS, strict=True)]
    strokes = {"dashes": {0: DASHED, 2: DOTTED}, "width": 2.0}
    layer = BoxLayer(word("term.anchor").term, boxes, legend, groups=torch.arange(len(boxes)), **strokes)
    centres = torch.stack(torch.meshgrid(torch.arange(COLUMNS), torch.arange(ROWS), indexing="xy"), -1).reshape(-1, 2)

    def pick(picked: Pick) -> None:
        column, row = (int(v * SIDE / side / PAPER_STRIDE) for v, side in ((picked.x, width), (picked.y, height)))
        session.select("cell", min(max(row, 0), ROWS - 1) * COLUMNS + min(max(column, 0), COLUMNS - 1))

    points = (centres * PAPER_STRIDE + PAPER_STRIDE / 2) * to_image[:2]
    show_picture(here, "conventions", [layer], pick, points=points)
