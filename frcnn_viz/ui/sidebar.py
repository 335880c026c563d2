"""The sidebar: which image, which model, which device, and the link that brings all of it back."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.data.images import SUFFIXES, ImageError, load_image
from frcnn_viz.data.scenes import SAMPLES
from frcnn_viz.models.registry import DETECTORS, available_devices
from frcnn_viz.ui import session


def show() -> None:
    """Draw the sidebar; what is chosen there holds for every page."""
    here = session.current()
    with st.sidebar:
        st.subheader("Image")
        titles = {name: sample.title for name, sample in SAMPLES.items()}
        titles |= {key: f"Upload: {image.name}" for key, image in session.uploads().items()}
        _choice("image", "Picture", titles, session.choose_image)
        if here.lesson:
            st.caption(here.lesson)
        for note in here.image.notes:
            st.caption(note)
        st.file_uploader("Or upload your own", type=list(SUFFIXES), key="upload", on_change=_uploaded)
        st.subheader("Detector")
        _choice("model", "Model", {name: entry.title for name, entry in DETECTORS.items()}, session.choose_model)
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
    file = st.session_state["upload"]
    if file is None:
        return
    try:
        session.add_upload(load_image(file.getvalue(), file.name))
    except ImageError as error:
        session.tell(str(error))
