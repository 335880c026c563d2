import streamlit as st

from frcnn_viz.analysis.conventions import CONVENTIONS, apply
from frcnn_viz.pipeline.boxes import are_inside
from frcnn_viz.ui import session
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import one_cell
from frcnn_viz.ui.panes.one_cell import SIDE
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word

WHY = (
    f"A VGG-16 makes of {SIDE} x {SIDE} pixels a map of 50 x 50 cells, with nine anchors each: 22,500. "
    "How many stay inside the picture depends on where they are centred. A square of 128 needs its centre "
    "between 64 and 736: of the middles 8, 24, ... 792 that leaves 42 a row, of torchvision's corners 0, 16, "
    "... 784 it leaves 43. The paper's published code rounds the sides before it scales them (at ratio 2, "
    "11 x 22 instead of 11.3 x 22.6, and at ratio 0.5, 23 x 12 instead of 22.6 x 11.3), so that at scale 8 "
    "its tall anchors are a little smaller, 88 x 176 for 90.5 x 181.0, and its wide ones a little larger, "
    "184 x 96 for 181.0 x 90.5. All are right, and none matters to training as much as the sizes do; but "
    "the numbers in texts differ because of it."
)
DETECTRON2 = (
    "Detectron2 (`DefaultAnchorGenerator`) rounds nothing: where torchvision makes 181.0 x 90.5 to 182 x 90, it "
    "stays. Its `offset` centres anchors on a cell's corner (0, the default of its configuration) or in its middle "
    "(0.5): with 0, 9,321 of these stay inside, as do torchvision's; with 0.5, 8,940. In a cell it goes through the "
    "ratios of each size, torchvision through the sizes of each ratio: with several sizes on a level, weights of "
    "an RPN's head fit the other only with their channels put in its order. Its strides are given with the "
    "backbone; torchvision's are image // grid."
)


def why(here: Session) -> None:
    st.markdown(WHY)
    st.markdown(DETECTRON2)
    grid, size = here.trace.anchors, here.trace.input.input_size
    inside = int(are_inside(grid.boxes, size).sum())
    st.markdown(
        f"Of this detector's {len(grid):,} anchors on this picture, {inside:,} do not cross the border; "
        "torchvision trains on all of them."
    )


def training(here: Session) -> None:
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
                word("convention.use").term,
                key=f"use_{key}",
                disabled=not changes,
                on_click=session.change_settings,
                kwargs={name: getattr(wanted, name) for name in changes},
                help="; ".join(f"{name} {text}" for name, text in changes.items()) or "They are in force.",
            )


run_page("conventions", {"one_cell": one_cell.body, "why": why, "how_sampled": training}, lineage=False)
