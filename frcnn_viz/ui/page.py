"""The frame of a page: title, where one is in the pipeline, plain sentences for mistakes, and the code drawer."""

from __future__ import annotations

import logging
from collections.abc import Callable

import streamlit as st

from frcnn_viz.models.registry import available_devices
from frcnn_viz.paths import ROOT
from frcnn_viz.pipeline.exhaustion import give_back, is_out_of_memory
from frcnn_viz.ui import session
from frcnn_viz.ui.code import code_of
from frcnn_viz.ui.controls import reset_button
from frcnn_viz.ui.export import export_form
from frcnn_viz.ui.lineage import lineage_of_selection
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain

LOG = logging.getLogger(__name__)
PAGES = {
    "overview": "Overview",
    "model": "Model",
    "input": "Input",
    "features": "Feature maps",
    "anchors": "Anchors",
    "sampling": "Sampling",
    "proposals": "Proposals",
    "rois": "RoIs",
    "detections": "Detections",
    "third_head": "Masks and keypoints",
    "losses": "Losses",
    "lab": "Anchor lab",
    "conventions": "Conventions",
    "autopsy": "Why missed",
    "waterfall": "Waterfall",
    "court": "NMS court",
    "probe": "Probe",
    "stress": "Stress",
    "metrics": "Metrics",
    "images": "Your images",
    "draw": "Draw",
    "dataset": "Check and statistics",
}


Code = Callable[[Session, str], str]


def run_page(
    name: str,
    lead: str,
    body: Callable[[Session], None],
    stage: str | None = None,
    code: Code | None = None,
    strip: bool = True,
) -> None:
    """Show page `name` of `PAGES`: its title, one sentence, `body`, and the code of `stage`.

    Without a stage the page is about images, not about a detector's work. `code` gives the code where the settings
    alone do not; it gets the expression for the picture. `strip` is whether to follow the box that was chosen last,
    under the page. The body is a fragment: a slider in it runs it again, not the navigation and the sidebar around it.
    """
    st.title(PAGES[name])
    st.markdown(lead)
    _run_body(body, stage, code, strip)


@st.fragment
def _run_body(body: Callable[[Session], None], stage: str | None, code: Code | None, strip: bool) -> None:
    """A mistake that a setting, a model or a picture makes becomes one sentence; nothing else is swallowed."""
    try:
        here = session.current()
        try:
            _show_body(here, body, stage, code, strip)
        finally:
            session.write_link(here)
    except (RuntimeError, ValueError) as error:
        if isinstance(error, RuntimeError) and not is_out_of_memory(error):
            raise
        show_error(error)


def _show_body(
    here: Session, body: Callable[[Session], None], stage: str | None, code: Code | None, strip: bool
) -> None:
    if target := st.session_state.pop("go_to", None):
        open_page(target)
    for sentence in session.told():
        st.warning(plain(sentence))
    if stage is None:
        body(here)
        return
    if here.detector.warning:
        st.warning(plain(here.detector.warning))
    body(here)
    if strip:
        lineage_of_selection(here)
    reset_button(here.settings, here.defaults)
    with st.expander("Take the boxes away", icon=":material/download:"):
        export_form(here, stage)
    with st.expander("Show the code", icon=":material/code:"):
        if code:
            st.code(code(here, _expression(here)))
        else:
            random = st.session_state["random"]
            st.code(
                code_of(
                    stage,
                    model=here.detector.name,
                    image=_expression(here),
                    settings=here.settings,
                    random_weights=random,
                )
            )


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
    settings = st.session_state.get("settings")
    if settings is None:
        return
    less, cpu, _ = st.columns([1, 1, 2])
    smaller = {"min_size": max(32, settings.min_size * 3 // 4), "max_size": max(32, settings.max_size * 3 // 4)}
    less.button(
        f"Try a smaller image, {smaller['min_size']} pixels",
        key="less_memory",
        on_click=session.change_settings,
        kwargs=smaller,
    )
    if st.session_state["device"] != "cpu" and len(available_devices()) > 1:
        cpu.button("Use the CPU", key="use_cpu", on_click=st.session_state.update, kwargs={"device": "cpu"})


def term(label: str, value: str, definition: str, tensor: str = "", shape: object = "", frame: str = "") -> None:
    """A number that explains itself on hover: definition, tensor, shape, frame."""
    parts = [definition]
    if tensor:
        parts.append(f"Tensor: `{tensor}`" + (f" `{list(shape)}`" if shape != "" else ""))
    if frame:
        parts.append(f"Frame: {frame}.")
    st.metric(label, value, help="  \n".join(parts))


def open_page(name: str) -> None:
    """Go to another page of the app at once; not from within a callback."""
    st.switch_page(ROOT / "pages" / f"{name}.py")


def go_to(name: str) -> None:
    """Open another page when the script runs again; for callbacks."""
    st.session_state["go_to"] = name


def look_at(image: str, page: str, object_: int | None = None) -> None:
    """Choose an image, and an object on it, and open a page; for callbacks."""
    session.choose_image(image)
    session.select("object", object_)
    go_to(page)


def _expression(here: Session) -> str:
    if here.item is None:
        return f"sample_scene({here.image.name.removesuffix('.png')!r})"
    return f"load_image({here.image.name!r})"
