"""The sidebar: which image, which model, which device, and the link that brings all of it back."""

from __future__ import annotations

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from frcnn_viz.data.images import SUFFIXES
from frcnn_viz.data.scenes import SAMPLES
from frcnn_viz.models.registry import Detector, available_devices, entries
from frcnn_viz.ui import library, session
from frcnn_viz.ui.importing import add_uploads
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.text import plain


def show() -> DeltaGenerator:
    """Draw the sidebar; what is chosen there holds for every page. It is whole where the picture or model is not.

    Returns the place for `tell_memory`, since the page is yet to fill the memory.
    """
    here = _here()
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
        if here:
            for words in filter(None, (here.lesson, *here.image.notes)):
                st.caption(plain(words))
        st.file_uploader(
            "Or upload your own", list(SUFFIXES), accept_multiple_files=True, key="upload", on_change=_uploaded
        )
        st.subheader("Detector")
        _choice("model", "Model", {name: entry.title for name, entry in entries().items()}, session.choose_model)
        if here:
            st.caption(plain(here.detector.note))
        st.session_state["choose_random"] = st.session_state["random"]
        st.toggle(
            "Random weights",
            key="choose_random",
            help="The same ones each time. Every shape is real; what is found means nothing.",
            on_change=lambda: session.choose_model(st.session_state["model"], st.session_state["choose_random"]),
        )
        devices = ["auto", *available_devices()]
        _choice("device", "Device", {d: d for d in devices}, lambda d: st.session_state.update(device=d))
        memory = st.empty()
        st.caption("The address bar holds all of this: copy it to share exactly what you see.")
    return memory


def tell_memory(place: DeltaGenerator) -> None:
    """Say what is held now, once the page has run."""
    if here := _here():
        place.caption(memory_in_use(here.detector))


def memory_in_use(detector: Detector) -> str:
    """The device, and what is held there, in words."""
    held = f"weights {detector.nbytes / 2**20:,.0f} MB, images and results {MEMORY.nbytes / 2**20:,.0f} MB"
    device = detector.device
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        name = torch.cuda.get_device_name(device)
        return f"Running on {name}: {held}; {(total - free) / 2**30:.1f} of {total / 2**30:.1f} GB in use."
    return f"Running on {device.type}: {held}."


def _here() -> session.Session | None:
    """What is looked at; None where it cannot be had, which the page tells."""
    try:
        return session.current()
    except Exception:
        return None


def _choice(name: str, label: str, titles: dict[str, str], choose: object) -> None:
    key = f"choose_{name}"
    st.session_state[key] = st.session_state[name]
    st.selectbox(label, list(titles), format_func=titles.get, key=key, on_change=lambda: choose(st.session_state[key]))


def _uploaded() -> None:
    add_uploads(st.session_state["upload"] or [])
