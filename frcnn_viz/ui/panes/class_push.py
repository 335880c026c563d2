"""A picture for everyone: the one in view, on a page, with words; and how many look at what was shown last."""

from __future__ import annotations

import time

import streamlit as st

from frcnn_viz.classroom.news import MOST_WORDS, push
from frcnn_viz.figures.classroom import ago
from frcnn_viz.ui import library
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.children import act_button
from frcnn_viz.ui.classroom.door import visitors
from frcnn_viz.ui.classroom.news import latest
from frcnn_viz.ui.classroom.present import register
from frcnn_viz.ui.classroom.teacher import for_teacher, watch
from frcnn_viz.ui.controls import choice, words
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

PAGE, WORDS = Option("teacher.page", ""), Option("teacher.words", "")
PAGES = (
    *("overview", "input", "features", "anchors", "proposals", "rois", "detections"),
    *("training", "autopsy", "court", "probe", "images"),
)
"""Those that are about one picture."""


@for_teacher
def body(here: Session) -> None:
    """The picture, and beside it what is said of it and what is shown now."""
    left, inspector = workbench()
    with inspector:
        titles = {"": word("teacher.any_page").term, **{name: word(f"page.{name}").term for name in PAGES}}
        page = choice(PAGE, "teacher.on_page", titles)
        about = words(WORDS, "teacher.words", max_chars=MOST_WORDS)
        look = {"type": "primary", "icon": ":material/cast:"}
        act_button("teacher.push", attempt, push, visitors().base, here.view.image, about, page, **look)
        st.caption(word("teacher.push_which").sentence)
        watch(_shown_now)
        canvas_panel("push_canvas")
    with left:
        show_picture(here, "push", [])


def _shown_now() -> None:
    shown = latest()
    if shown is None:
        return
    everyone = register().look()
    looking = sum(one.is_here and one.place is not None and one.place.picture == shown.picture for one in everyone)
    present = sum(one.is_here for one in everyone)
    item = library.find(shown.picture)
    name = item.name if item else shown.picture
    st.markdown(f"**{word('teacher.shown').term}:** {plain(name)}, {ago(time.time() - shown.when)}")
    if shown.words:
        st.caption(plain(shown.words))
    st.caption(f"{looking} of {present} who are here look at it now.")
