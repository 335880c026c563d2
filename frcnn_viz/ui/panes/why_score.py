"""Why this score: which pixels raised or lowered one number of the chosen box, laid over the picture."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.attribution import Attribution, Target, gradient_times_input, integrated_gradients, targets
from frcnn_viz.canvas.scene import BoxLayer, Overlay
from frcnn_viz.extras import MissingExtraError, need
from frcnn_viz.figures.attribution import SHOWN, by_cell, diverging, full_colour, held_layer, scale_bar
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.code import picture_code
from frcnn_viz.ui.controls import choice, segments, terms
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.inspector import term
from frcnn_viz.ui.map_code import code_of_map
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.panes.why_trust import long_work, trust
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

NUMBER, LABEL = Option("why.number", "logit"), Option("why.label", -1)
METHOD, SIDE, SIGN = Option("why.method", "gradient"), Option("why.side", 8), Option("why.sign", SHOWN[0])
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
    segments(METHOD, "why.method", terms("why", {"gradient": "gradient", "integrated": "integrated"}))
    found = _map(here, target)
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
    _tell(here, found)
    trust(here, found)
    _show_code(here, found)
    (down, across), (rows, columns) = here.trace.input.scale, cells.shape
    extent = (0.0, 0.0, columns * side / across, rows * side / down)
    overlay = Overlay(image_url(diverging(cells, limit, sign)), extent, 0.8, word("why.map").term)
    return held_layer(here.trace, target), overlay


def _label(here: Session, own: int) -> int:
    """The class whose number is explained: the box's own, or another that is asked for."""
    classes = here.detector.classes
    titles = {-1: f"{classes[own].strip('_')} ({word('why.own').term})"}
    titles |= {label: name.strip("_") for label, name in enumerate(classes) if label != own}
    chosen = choice(LABEL, "why.label", titles)
    return own if chosen < 0 else chosen


def _map(here: Session, target: Target) -> Attribution:
    """The map that is asked for; that of gradient x input until the other was computed."""
    trace = here.trace
    key = ("map", here.detector.model, here.image.sha256, here.settings, target)
    if METHOD.value == "integrated":
        try:
            need("attribution")
        except MissingExtraError as error:
            st.info(plain(error))
        else:
            work = lambda tell: integrated_gradients(trace, target, progress=tell)  # noqa: E731
            if found := long_work((*key, "integrated"), "integrate", work):
                return found
    return MEMORY.recall(key, lambda: gradient_times_input(trace, target), here.detector.device).value


def _tell(here: Session, found: Attribution) -> None:
    """The number, what raised and lowered it, and whether that adds up."""
    shape = found.map.shape
    term("why.value", f"{found.value:.4g}")
    term("why.raised_by", f"{found.raised:+.4g}", shape)
    term("why.lowered_by", f"{found.lowered:+.4g}", shape)
    term("why.together", f"{found.raised + found.lowered:+.4g}", shape)
    if found.change is not None:
        term("why.change", f"{found.change:+.4g}")
        term("why.missing", f"{found.missing:.1%}", more=f"Of {found.steps} steps.")
        if not found.complete:
            st.warning(
                f"The map does not add up: after {found.steps} steps its sum still misses the change by "
                f"{found.missing:.1%}."
            )
    st.caption(f"{word('why.held').sentence} {word('why.baseline').sentence}")


def _show_code(here: Session, found: Attribution) -> None:
    with st.expander(word("why.code").term):
        st.code(
            code_of_map(
                here.trace,
                found,
                model=here.detector.name,
                image=picture_code(here),
                random_weights=here.view.random,
            )
        )
