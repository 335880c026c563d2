"""The two parts of a page with a picture: the picture, and the inspector beside it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from frcnn_viz.words import word


def workbench() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The places of the picture and of its inspector: controls, then the canvas's own (`canvas_panel`), then numbers.

    So nothing that is turned moves when a box is chosen. The picture takes what the window has; the inspector is narrow
    and scrolls by itself (`frame/frame.css`).
    """
    with st.container(key="workbench"):
        picture, inspector = st.columns([2, 1], gap="small")
    return picture, inspector


def term(key: str, value: str, shape: object = None, more: str = "") -> None:
    """A number that explains itself on hover: what it is, more about it, and its tensor, of that shape.

    `key` is the number's in the word list.
    """
    told = word(key)
    tensor = [f"{told.tensor}" + ("" if shape is None else f" `{list(shape)}`")] if told.tensor else []
    st.metric(told.term, value, help="  \n".join(filter(None, [told.sentence, more, *tensor])))
