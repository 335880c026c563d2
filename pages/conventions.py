import streamlit as st
import torch

from frcnn_viz.analysis.conventions import (
    CONVENTIONS,
    PAPER_RATIOS,
    PAPER_SCALES,
    PAPER_STRIDE,
    WAYS,
    apply,
    inside_count,
)
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.figures.palette import BLUE, GREEN, ORANGE
from frcnn_viz.pipeline.boxes import are_inside
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, box_canvas
from frcnn_viz.ui.page import run_page
from frcnn_viz.ui.session import Session

SIDE = 800
DETECTRON2 = (
    "Detectron2 (`DefaultAnchorGenerator`) rounds nothing: where torchvision makes 181.0 x 90.5 to 182 x 90, it "
    "stays. Its `offset` centres anchors on a cell's corner (0, the default of its configuration) or in its middle "
    "(0.5): with 0 9,321 of these stay inside, as of torchvision's, with 0.5 8,940. In a cell it goes through the "
    "ratios of each size, torchvision through the sizes of each ratio: with several sizes on a level, weights of "
    "an RPN's head fit the other only with their channels put in its order. Its strides are given with the "
    "backbone; torchvision's are image // grid."
)
COLOURS = (BLUE, ORANGE, GREEN)


def counts(rows: int, columns: int) -> list[dict[str, object]]:
    height, width = rows * PAPER_STRIDE, columns * PAPER_STRIDE
    return [
        {
            "as": source,
            "inside": inside_count(make(rows, columns), height, width),
            "of": len(make(rows, columns)),
        }
        for make, source in WAYS.values()
    ]


def show_cell(here: Session) -> None:
    rows = columns = SIDE // PAPER_STRIDE
    chosen = session.selected("cell")
    cell = chosen if chosen is not None and chosen < rows * columns else (rows // 2) * columns + columns // 2
    shape = st.select_slider(
        "Shape",
        range(len(PAPER_SCALES) * len(PAPER_RATIOS)),
        value=3,
        format_func=lambda n: f"{PAPER_SCALES[n % 3] * PAPER_STRIDE} px, ratio {PAPER_RATIOS[n // 3]:g}",
        key="convention_shape",
    )
    height, width = here.image.size
    to_image = torch.tensor([width / SIDE, height / SIDE] * 2)
    layers = [
        BoxLayer(name, make(rows, columns)[cell * 9 + shape][None] * to_image, [(source, colour)], width=2.0)
        for (name, (make, source)), colour in zip(WAYS.items(), COLOURS, strict=True)
    ]
    centres = torch.stack(torch.meshgrid(torch.arange(columns), torch.arange(rows), indexing="xy"), -1).reshape(-1, 2)

    def pick(picked: Pick) -> None:
        column, row = (int(v * SIDE / side / PAPER_STRIDE) for v, side in ((picked.x, width), (picked.y, height)))
        session.select("cell", min(max(row, 0), rows - 1) * columns + min(max(column, 0), columns - 1))

    points = (centres * PAPER_STRIDE + PAPER_STRIDE / 2) * to_image[:2]
    box_canvas(CanvasScene(here.image_url, width, height, layers, points=points), "conventions_canvas", pick)
    st.caption(
        f"The picture stretched to {SIDE} x {SIDE}, as the exercise has it. Dots are the middles of the cells; "
        "click one. Zoom in on a corner to see the eight pixels between the conventions."
    )


def show_presets(here: Session) -> None:
    for key, column in zip(CONVENTIONS, st.columns(len(CONVENTIONS)), strict=True):
        convention = CONVENTIONS[key]
        with column.container(border=True):
            st.markdown(f"**{convention.name[0].upper()}{convention.name[1:]}**")
            st.caption(convention.source)
            st.markdown("\n".join(f"- {sentence}" for sentence in convention.says))
            positives = None
            if convention.balanced and here.ground_truth is not None:
                matches = here.trace.match(here.ground_truth.counted.boxes_in_image)
                positives = int((matches.labels == 1).sum())
            wanted = apply(convention, here.settings, positives)
            changes = wanted.changes(here.settings)
            st.button(
                "Use its numbers",
                key=f"use_{key}",
                disabled=not changes,
                on_click=session.change_settings,
                kwargs={name: getattr(wanted, name) for name in changes},
                help="; ".join(f"{name} {text}" for name, text in changes.items()) or "They are in force.",
            )


def body(here: Session) -> None:
    left, right = st.columns([3, 2])
    with left:
        show_cell(here)
    with right:
        st.dataframe(counts(SIDE // PAPER_STRIDE, SIDE // PAPER_STRIDE), hide_index=True)
        st.markdown(
            f"A VGG-16 makes of {SIDE} x {SIDE} pixels a map of 50 x 50 cells, with nine anchors each: 22,500. "
            "How many stay inside the picture depends on where they are centred. A square of 128 needs its centre "
            "between 64 and 736: of the middles 8, 24, ... 792 that leaves 42 a row, of torchvision's corners 0, 16, "
            "... 784 it leaves 43. The paper's published code rounds the sides before it scales them (at ratio 2, "
            "11 x 22 instead of 11.3 x 22.6, and at ratio 0.5, 23 x 12 instead of 22.6 x 11.3), so that at scale 8 "
            "its tall anchors are a little smaller, 88 x 176 for 90.5 x 181.0, and its wide ones a little larger, "
            "184 x 96 for 181.0 x 90.5. All are right, and none matters to training as much as the sizes do; but "
            "the numbers  "
            "in texts differ because of it."
        )
        st.markdown(DETECTRON2)
        grid, size = here.trace.anchors, here.trace.input.input_size
        inside = int(are_inside(grid.boxes, size).sum())
        st.markdown(
            f"Of this detector's {len(grid):,} anchors on this picture, {inside:,} are wholly inside; "
            "torchvision trains on all of them."
        )
    st.subheader("How training samples")
    show_presets(here)


run_page(
    "conventions",
    "Why one text counts 8,940 anchors and another 9,321 on the same picture, and what else they do differently.",
    body,
    "anchors",
)
