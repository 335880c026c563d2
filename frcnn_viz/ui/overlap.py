"""Runs that overlap: what a browser says of its widgets may be older than what the server has put into them.

With each change a browser tells what all its widgets show. Told before it drew what the last run sent, that is out of
date for every widget which that run had set: taken at its word, Reset would be undone by the key that is pressed next.
So where runs follow each other closely only what a browser had not told before is taken, and what the app puts into
its widgets is sent again, as the browser draws only the last of what comes at once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import wraps
from time import monotonic
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.common import user_key_from_element_id

CLOSE = 0.5
"""Seconds from the end of a run in which a browser may speak without having drawn it: the way there and back."""
PRESSED = ("trigger_value", "string_trigger_value", "json_trigger_value", "chat_input_value")
"""What tells of an event, not of a state: the same event again is another."""

KEPT = "told_by_browser"
"""The session's key of what its browser told; Streamlit's own object takes no attribute."""


@dataclass
class _Browser:
    """What one told last, by widget, and when its last run ended."""

    told: dict[str, bytes] = field(default_factory=dict)
    runs: bool = False
    ended: float = -CLOSE


class _Run(threading.local):
    """The run of this thread: whether the browser may not have drawn the one before.

    news: by the key of each widget that the browser told of, whether it had not told the same before.
    """

    def __init__(self) -> None:
        self.is_close = False
        self.news: dict[str | None, bool] = {}


_run = _Run()


def mend_overlaps() -> None:
    """Let every session of this process read what browsers say so; once."""
    begin, end = SessionState.on_script_will_rerun, SessionState.on_script_finished
    if hasattr(begin, "__wrapped__"):
        return

    @wraps(begin)
    def begin_run(state: SessionState, fresh_widget_states: WidgetStates | None, **more: Any) -> None:
        begin(state, fresh_widget_states and up_to_date(_browser_of(state), fresh_widget_states), **more)

    @wraps(end)
    def end_run(state: SessionState, *args: Any, **more: Any) -> None:
        end(state, *args, **more)
        browser = _browser_of(state)
        browser.runs, browser.ended = False, monotonic()
        _run.is_close, _run.news = True, {}  # should `st.rerun` have ended it

    SessionState.on_script_will_rerun, SessionState.on_script_finished = begin_run, end_run  # type: ignore[method-assign]


def is_to_be_sent_again(key: str, typed: bool = False) -> bool:
    """Whether the browser may show something else in a widget than what the server last put there.

    `typed`: what is being typed there is not told yet, and must not be lost: then only where it was not there yet.
    """
    if not _run.is_close:
        return False
    if key in _run.news:
        return not _run.news[key] and not typed
    return bool(_run.news) or not typed


def up_to_date(browser: _Browser, states: WidgetStates) -> WidgetStates:
    """What of a browser's message is to be believed as a run begins: all of it, or its news and what was pressed.

    Notes in `browser` and for this thread's run what it told.
    """
    told = {one.id: one.SerializeToString(deterministic=True) for one in states.widgets}
    news = {name: browser.told.get(name) != content for name, content in told.items()}
    is_close = browser.runs or monotonic() - browser.ended < CLOSE
    browser.told, browser.runs = told, True
    _run.is_close, _run.news = is_close, {user_key_from_element_id(name): is_new for name, is_new in news.items()}
    if not is_close:
        return states
    return WidgetStates(widgets=[one for one in states.widgets if news[one.id] or _is_pressed(one)])


def _is_pressed(one: WidgetState) -> bool:
    return one.WhichOneof("value") in PRESSED


def _browser_of(state: SessionState) -> _Browser:
    if KEPT not in state:
        state[KEPT] = _Browser()
    return state[KEPT]
