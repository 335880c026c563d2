"""Work that takes more than a second: a bar, and a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from frcnn_viz.words import word

Tell = Callable[[int, int, str], None]


@contextmanager
def progress(
    key: str, help: str = "What was done until then is kept.", on_stop: Callable[[], object] | None = None
) -> Iterator[Tell]:
    """Show a bar and a button that stops; both go when the work is done, or failed.

    The run ends within the next call of what this gives, `tell(done, total, words)`, once the button is pressed. So the
    work keeps what it did as it goes, and is started by a button, not by the page being shown.
    """
    place = st.empty()
    with place.container():
        bar = st.progress(0.0)
        st.button(word("action.stop").term, key=f"{key}_stop", help=help, on_click=on_stop)

    def tell(done: int, total: int, words: str) -> None:
        bar.progress(min(done / max(total, 1), 1.0), words)
        if _is_pressed(f"{key}_stop"):
            if on_stop:
                on_stop()
            st.rerun()

    try:
        yield tell
    finally:
        place.empty()


def _is_pressed(key: str) -> bool:
    """Whether the button was, since this began to run: in a fragment Streamlit lets a click wait until that ended."""
    context = get_script_run_ctx()
    requests = context and context.script_requests
    waiting = requests and requests._rerun_data.widget_states
    return bool(waiting) and any(one.trigger_value and one.id.endswith(f"-{key}") for one in waiting.widgets)
