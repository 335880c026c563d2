"""Files to take away, made only when asked for."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from frcnn_viz.ui.text import plain


def download(label: str, make: Callable[[], str | bytes], file_name: str, mime: str, key: str) -> None:
    """A button that makes a file, and then one that saves it; what goes wrong is told in their place.

    Streamlit makes files within one click, too, but then an error is lost in another thread.
    """
    if st.button(label, key=key):
        save(make, file_name, mime, key)


def save(make: Callable[[], str | bytes], file_name: str, mime: str, key: str) -> None:
    """Make a file, and then a button that saves it."""
    try:
        with st.spinner("Making the file"):
            content = make()
    except ValueError as error:
        st.error(plain(error))
        return
    st.download_button(
        f"Save {plain(file_name)}",
        content,
        file_name,
        mime,
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}_save",
    )
