"""What only the teacher of a class sees."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import streamlit as st

from frcnn_viz.ui import view
from frcnn_viz.ui.classroom.door import is_teacher
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word

EVERY_SECONDS = 3.0
"""How often what is shown of the class is looked at anew."""


def watch(show: Callable[[], None]) -> None:
    """Show what the class does, anew every few seconds; a button in it may open a page or tell a sentence."""

    def look() -> None:
        if view.is_behind():
            st.rerun()
        show()

    st.fragment(run_every=EVERY_SECONDS)(look)()


def for_teacher(body: Callable[[Session], None]) -> Callable[[Session], None]:
    """The body of a tab for the teacher; others are told how one becomes it, and nothing of the class."""

    @wraps(body)
    def shown(here: Session) -> None:
        if is_teacher():
            body(here)
        else:
            st.info(word("teacher.not_teacher").sentence)

    return shown
