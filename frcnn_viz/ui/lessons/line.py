"""The open lesson in one line over the page: what is presented has no card beside it."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.ui.lessons.asked import asked
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


def lesson_line() -> None:
    """The question; once it is done the answer and why."""
    try:
        of = asked()
    except ValueError:  # which the card tells
        return
    if of is None or not of.is_here:
        return
    question = of.question
    if of.row.is_done and not question.later:
        st.markdown(f"**{word('lesson.solution').term}: {plain(question.solution)}.** {plain(question.why)}")
    else:
        st.markdown(plain(question.text))
