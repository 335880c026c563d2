"""A slider in an otherwise empty fragment: the least that a round trip can cost."""

import gc

import streamlit as st

from frcnn_viz.models.registry import load_detector


@st.cache_resource
def settle() -> None:
    load_detector("street-fpn", "cpu")  # the same objects in memory as the app
    gc.collect()
    gc.freeze()


@st.fragment
def empty() -> None:
    value = st.slider("value", 0.0, 1.0, 0.7, 0.01, key="value")
    st.html(f"<span class='echo'>{value:.2f}</span>")


settle()
empty()
