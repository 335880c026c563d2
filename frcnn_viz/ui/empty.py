"""What a page shows where it has nothing to work on: why, and the ways on."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.data.samples import SAMPLES
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word


def nothing_drawn(here: Session) -> None:
    """Say that the picture has no ground truth, and offer to draw some or to look at a picture that has."""
    st.info("Nothing is drawn on this picture yet. This needs its ground truth: a box and a class for each object.")
    with st.container(horizontal=True):
        st.button(word("action.draw_now").term, icon=":material/draw:", type="primary", key="draw_now", on_click=_draw)
        st.button(word("action.with_objects").term, key="choose_drawn", on_click=_choose)


def _draw() -> None:
    view.open_tab("images", "draw")


def _choose() -> None:
    items = (*library.items(), *library.class_items())
    drawn = next((item.id for item in items if item.objects), next(iter(SAMPLES)))
    session.look_at(drawn, view.now().page)
