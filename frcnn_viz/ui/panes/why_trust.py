"""How far a map of pixels can be trusted: the deletion check, when asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from frcnn_viz.analysis.attribution import Attribution
from frcnn_viz.analysis.deletion import delete
from frcnn_viz.figures.attribution import deletion_curves
from frcnn_viz.pipeline.memory import Remembered
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.progress import Tell, progress
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word

T = TypeVar("T")


def trust(here: Session, found: Attribution) -> None:
    """Whether the number falls sooner where pixels are deleted in the map's order, with the curves."""
    key = ("deletion", here.detector.model, here.image.sha256, here.settings, found.target, found.steps)
    checked = long_work(key, "check", lambda tell: delete(here.trace, found, progress=tell))
    if checked is None:
        st.caption(word("why.unchecked").sentence)
        return
    (st.success if checked.convincing else st.warning)(checked.verdict)
    chart(deletion_curves(checked), "deletion", 250)


def long_work(key: Hashable, name: str, work: Callable[[Tell], T]) -> T | None:
    """What takes seconds, once its button, `why.NAME`, was pressed; None until then. Whoever asks again has it at once.

    `key` names the result in the memory that all visitors share.
    """
    if held := MEMORY.held(key):
        return held.value
    told = word(f"why.{name}")
    if not st.button(told.term, key=f"why_{name}", help=told.hover):
        return None
    start = time.perf_counter()
    with progress(f"why_{name}", "Nothing is changed by it.") as tell:
        value = work(tell)
    MEMORY.keep(key, Remembered(value, (time.perf_counter() - start) * 1000))
    if MEMORY.held(key):
        st.rerun()  # without the button
    return value
