"""Why this score, of the box that came nearest to the object in question."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.figures.attribution import faint
from frcnn_viz.figures.autopsy import name_of, object_layer
from frcnn_viz.ui import session
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.panes import why_score
from frcnn_viz.ui.panes.verdict import chosen_with_box, examined_here
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain


def body(here: Session) -> None:
    """The picture with the map over it, and its numbers beside it."""
    if here.ground_truth is None:
        nothing_drawn(here)
        return
    examined = examined_here(here)
    chosen = chosen_with_box(examined)
    if chosen is None:
        st.info("Choose an object on the picture; here the score of the box that came nearest to it is explained.")
        return
    object_, finding = chosen
    left, inspector = workbench()
    with inspector:
        st.markdown(f"**Object {object_}: {plain(here.ground_truth.names[object_])}, {name_of(finding.verdict)}.**")
        held, overlay = why_score.explain(here, finding.anchor, finding.proposal, finding.label or 0, "autopsy_canvas")
    with left:
        select = lambda pick: pick.layer == "object" and session.select("object", pick.id)  # noqa: E731
        objects = faint(object_layer(here.ground_truth, examined.findings))
        show_picture(here, "autopsy", [objects, held], select, overlay=overlay)
