"""Processes beside the page: what they do is shown while they are at it, and once more when they are done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from frcnn_viz.data.child import Child
from frcnn_viz.data.tenant import tenant
from frcnn_viz.training.line import Line
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

EVERY_SECONDS = 0.5
"""How often the page looks."""


def while_running(is_running: Callable[[], bool], show: Callable[[bool], None], every: float = EVERY_SECONDS) -> None:
    """Show what a process does, again and again while it runs; `show` is told whether it does.

    Afterwards it is shown as a part of the page like any other: a button in it runs the page again.
    """

    def look() -> None:
        running = is_running()
        show(running)
        if not running:
            st.rerun()  # the page without its clock

    if is_running():
        st.fragment(run_every=every)(look)()
    else:
        show(False)


def tell_failure(child: Child) -> None:
    """Say why a process could not go on, if so."""
    if child.failure:
        st.error(plain(child.failure))


def act_button(key: str, act: Callable[..., None], *args: Any, **more: Any) -> None:
    """A button with its word from the list, whose widget has the same key."""
    told = word(key)
    look = {"key": key.replace(".", "_"), "help": told.hover, **more}
    st.button(told.term, on_click=act, args=args, **look)


def unless_full() -> dict[str, Any]:
    """How a button looks that begins a run where one more may not be under way; as usual where it may."""
    return {"disabled": True, "help": word("runs.full").sentence} if Line(tenant()).is_full else {}
