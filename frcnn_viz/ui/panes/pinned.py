"""The pinned view, A, beside the one looked at, B: how it begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from frcnn_viz.models.registry import EMBEDDED
from frcnn_viz.ui import session, view
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import View
from frcnn_viz.words import word


def with_pinned(
    show: Callable[[Session, Session], None], alone: Callable[[Session], None] = lambda here: None
) -> Callable[[Session], None]:
    """A tab about both views; without the pinned one it says how to pin, or why it cannot be shown, beside `alone`."""

    def body(here: Session) -> None:
        there, sentence = pinned(here)
        if there:
            show(there, here)
            return
        left, right = st.columns(2)
        with left:
            if sentence:
                st.error(f"The pinned view cannot be shown: {plain(sentence)}")
                unpin_button("primary")
            else:
                lead_on(here)
        with right:
            alone(here)

    return body


def pinned(here: Session) -> tuple[Session | None, str]:
    """The session of the pinned view, run; or why it cannot be; or neither where nothing is pinned."""
    if not here.view.pinned:
        return None, ""
    try:
        there = session.of(View.of_text(here.view.pinned))
        _ = there.trace.detections
    except ValueError as error:
        return None, str(error)
    return there, ""


def unpin_button(type: str = "secondary") -> None:
    told = word("compare.unpin")
    st.button(told.term, key="unpin", help=told.sentence, type=type, on_click=view.change, kwargs={"pinned": ""})


def lead_on(here: Session) -> None:
    """What pinning is for, and comparisons that one click makes."""
    st.info(
        "Nothing is pinned yet. Pin what you see now; then change the picture, the detector or a setting, "
        "and both are shown side by side, with what differs. Or begin with one of these:"
    )
    now = here.view
    other = next(name for name in EMBEDDED if name != now.model)
    offered = {"compare.pin": now}
    if now.changes:
        offered["compare.own"] = replace(now, changes=())
    offered["compare.other"] = replace(now, model=other, random=False, changes=(), selected=())
    offered["compare.trained" if now.random else "compare.random"] = replace(now, random=not now.random)
    for key, seen in offered.items():
        kind = "primary" if seen is now else "secondary"
        st.button(word(key).term, key=key, type=kind, on_click=view.pin, args=(seen,), width=160)
        st.caption(word(key).sentence)
