"""The map of one number of a box that is asked for: how it is found, what it adds up to, and the code of it."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.attribution import Attribution, Target, gradient_times_input, integrated_gradients
from frcnn_viz.extras import MissingExtraError, need
from frcnn_viz.ui.code import picture_code
from frcnn_viz.ui.controls import segments, terms
from frcnn_viz.ui.inspector import term
from frcnn_viz.ui.map_code import code_of_map
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.panes.why_trust import long_work
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

METHOD = Option("why.method", "gradient")


def chosen_map(here: Session, target: Target) -> Attribution:
    """Ask by which method; that of gradient x input until the other was computed."""
    method = segments(METHOD, "why.method", terms("why", {"gradient": "gradient", "integrated": "integrated"}))
    trace = here.trace
    key = ("map", here.detector.model, here.image.sha256, here.settings, target)
    if method == "integrated":
        try:
            need("attribution")
        except MissingExtraError as error:
            st.info(plain(error))
        else:
            work = lambda tell: integrated_gradients(trace, target, progress=tell)  # noqa: E731
            if found := long_work((*key, "integrated"), "integrate", work):
                return found
    return MEMORY.recall(key, lambda: gradient_times_input(trace, target), here.detector.device).value


def tell_sum(found: Attribution) -> None:
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


def show_code(here: Session, found: Attribution) -> None:
    """The program that gives it."""
    seen = {"model": here.detector.name, "image": picture_code(here), "random_weights": here.view.random}
    with st.expander(word("why.code").term):
        st.code(code_of_map(here.trace, found, **seen))
