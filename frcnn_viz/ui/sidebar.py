"""The sidebar: which image, which model, which device, and the link that brings all of it back."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.data.images import SUFFIXES
from frcnn_viz.data.scenes import SAMPLES
from frcnn_viz.models.registry import TITLES, available_devices
from frcnn_viz.ui import library, session
from frcnn_viz.ui.importing import add_uploads


def show() -> None:
    """Draw the sidebar; what is chosen there holds for every page."""
    here = session.current()
    with st.sidebar:
        st.subheader("Image")
        titles = {name: sample.title for name, sample in SAMPLES.items()}
        titles |= {item.id: f"Yours: {item.name}" for item in library.items()}
        _choice("image", "Picture", titles, session.choose_image)
        before, after = st.columns(2)
        before.button(
            "Previous", icon=":material/chevron_left:", on_click=session.step_image, args=(-1,), key="previous"
        )
        after.button("Next", icon=":material/chevron_right:", on_click=session.step_image, args=(1,), key="next")
        if here.lesson:
            st.caption(here.lesson)
        for note in here.image.notes:
            st.caption(note)
        st.file_uploader(
            "Or upload your own", list(SUFFIXES), accept_multiple_files=True, key="upload", on_change=_uploaded
        )
        st.subheader("Detector")
        _choice("model", "Model", TITLES, session.choose_model)
        st.caption(here.detector.note)
        devices = ["auto", *available_devices()]
        _choice("device", "Device", {d: d for d in devices}, lambda d: st.session_state.update(device=d))
        st.caption(f"Running on {here.detector.device}.")
        st.caption("The address bar holds all of this: copy it to share exactly what you see.")


def _choice(name: str, label: str, titles: dict[str, str], choose: object) -> None:
    key = f"choose_{name}"
    st.session_state[key] = st.session_state[name]
    st.selectbox(label, list(titles), format_func=titles.get, key=key, on_change=lambda: choose(st.session_state[key]))


def _uploaded() -> None:
    add_uploads(st.session_state["upload"] or [])
