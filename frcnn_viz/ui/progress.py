"""Work that takes more than a second: a bar, and a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from frcnn_viz.words import word

Tell = Callable[[int, int, str], None]


@contextmanager
def progress(key: str, help: str = "What was done until then is kept.", on_stop: Any = None) -> Iterator[Tell]:
    """Show a bar and a button that stops; both go when the work is done.

    Streamlit ends the run within the next call of what this gives, `tell(done, total, words)`, once the button is
    pressed. So the work keeps what it did as it goes, and is started by a button, not by the page being shown.
    """
    place = st.empty()
    with place.container():
        bar = st.progress(0.0)
        st.button(word("action.stop").term, key=f"{key}_stop", help=help, on_click=on_stop)

    def tell(done: int, total: int, words: str) -> None:
        bar.progress(min(done / max(total, 1), 1.0), words)

    yield tell
    place.empty()
