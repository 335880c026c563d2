"""The question's picture alone: what it shows of the picture, and where one answers on it."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.children import act_button
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.lessons.asked import Asked, asked
from frcnn_viz.ui.lessons.drafts import layers, on_picture
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import open_tab
from frcnn_viz.words import word


def body(here: Session) -> None:
    """The picture, with nothing on it that the question does not tell."""
    of = _asked()
    left, inspector = workbench()
    with inspector:
        if of is None:
            st.info(word("lesson.none").sentence)
            act_button("lesson.all", open_tab, "lessons", "")
        else:
            st.caption(plain(of.lesson.goal))
            canvas_panel("question_canvas")
            height, width = here.image.size
            st.caption(f"{plain(here.image.name)}, {width} x {height} px, {plain(here.detector.title)}")
    with left:
        answering = of is not None and of.is_here
        show_picture(here, "question", layers(of) if answering else [], **(on_picture(of) if answering else {}))


def _asked() -> Asked | None:
    try:
        return asked()
    except ValueError:  # which the card tells
        return None
