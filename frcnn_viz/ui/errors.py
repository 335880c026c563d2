"""Mistakes, each told in one plain sentence."""

from __future__ import annotations

import logging
from contextlib import suppress

import streamlit as st

from frcnn_viz.models.registry import available_devices
from frcnn_viz.pipeline.exhaustion import give_back, is_out_of_memory
from frcnn_viz.ui import session, view
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

LOG = logging.getLogger(__name__)


def show_error(error: Exception) -> bool:
    """Say in one sentence what went wrong, and return True: nothing else is to be shown.

    An error nobody foresaw goes to the log with its traceback.
    """
    if is_out_of_memory(error):
        st.error(give_back(MEMORY, error))
        _offer_less()
    elif isinstance(error, ValueError):
        st.error(plain(error))
    else:
        LOG.error("A page failed.", exc_info=error)
        st.error(
            f"This page failed unexpectedly ({type(error).__name__}); nothing you set is lost. "
            "Try another page or other settings; the server's log has the details."
        )
    return True


def _offer_less() -> None:
    """Offer what needs less memory."""
    with st.container(horizontal=True):
        with suppress(RuntimeError, ValueError):  # there may be no room for the detector, whose settings they are
            settings = session.settings()
            smaller = {name: max(32, getattr(settings, name) * 3 // 4) for name in ("min_size", "max_size")}
            st.button(
                f"Try a smaller image, {smaller['min_size']} pixels",
                key="less_memory",
                on_click=session.change_settings,
                kwargs=smaller,
                help=word("action.smaller_image").hover,
            )
        if view.now().device != "cpu" and len(available_devices()) > 1:
            told = word("action.use_cpu")
            st.button(told.term, key="use_cpu", on_click=view.change, kwargs={"device": "cpu"}, help=told.hover)
