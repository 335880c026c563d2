"""Why this score: which pixels raised or lowered one number of the chosen box, laid over the picture."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.attribution import targets
from frcnn_viz.canvas.scene import BoxLayer, Overlay
from frcnn_viz.figures.attribution import SHOWN, by_cell, diverging, full_colour, held_layer, scale_bar
from frcnn_viz.figures.features import map_extent
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.controls import choice, terms
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.panes.why_map import chosen_map, show_code, tell_sum
from frcnn_viz.ui.panes.why_trust import trust
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

NUMBER, LABEL = Option("why.number", "logit"), Option("why.label", -1)
SIDE, SIGN = Option("why.side", 8), Option("why.sign", SHOWN[0])
SIDES = {1: "pixel", 4: "four", 8: "eight", 16: "sixteen"}


def of_detection(here: Session, candidate: int | None, canvas: str) -> tuple[BoxLayer, Overlay] | None:
    """Explain a (proposal, class) candidate; where none is chosen the best detection, and None where there is none."""
    found = here.trace.detections
    if candidate is None or candidate >= len(found.fate):
        if not len(found):
            st.info("Nothing passes these settings; lower the score threshold.")
            return None
        candidate = int(found.kept[0])
    proposal, label = divmod(candidate, here.trace.rois.num_classes - 1)
    return of_proposal(here, proposal, label + 1, canvas)


def of_proposal(here: Session, proposal: int, label: int, canvas: str) -> tuple[BoxLayer, Overlay]:
    """Explain a proposal that is asked about as a class."""
    proposals = here.trace.proposals
    return explain(here, int(proposals.anchor[proposals.kept[proposal]]), proposal, label, canvas)


def explain(here: Session, anchor: int, proposal: int | None, label: int, canvas: str) -> tuple[BoxLayer, Overlay]:
    """The inspector of a box: its number, asked for, and the map; returns what the canvas of that key lays over."""
    left, right = st.columns(2)
    if proposal is not None:
        with left:
            label = _label(here, label)
    offered = targets(anchor, proposal, label)
    with right:
        target = offered[choice(NUMBER, "why.number", terms("explained", {name: name for name in offered}))]
    found = chosen_map(here, target)
    left, right = st.columns(2)
    with left:
        sign = choice(SIGN, "why.sign", terms("why", {name: name for name in SHOWN}))
    with right:
        side = choice(SIDE, "why.side", terms("why", SIDES))
    cells = by_cell(found.map, side)
    limit = full_colour(cells)
    st.image(scale_bar(), alt="From full blue, which lowered it, over nothing to full orange, which raised it")
    st.caption(f"Blue lowered it, orange raised it; full colour at {limit:.2g} a square and beyond.")
    canvas_panel(canvas)
    tell_sum(found)
    trust(here, found)
    show_code(here, found)
    extent = map_extent(here.trace.input, cells.shape, (side, side))
    overlay = Overlay(image_url(diverging(cells, limit, sign)), extent, 0.8, word("why.map").term)
    return held_layer(here.trace, target), overlay


def _label(here: Session, own: int) -> int:
    """The class whose number is explained: the box's own, or another that is asked for."""
    classes = here.detector.classes
    titles = {-1: f"{classes[own].strip('_')} ({word('why.own').term})"}
    titles |= {label: name.strip("_") for label, name in enumerate(classes) if label != own}
    chosen = choice(LABEL, "why.label", titles)
    return own if chosen < 0 else chosen
