"""When memory runs out: one sentence, an offer, and the next request works."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import pytest
import torch
from streamlit.testing.v1 import AppTest

from frcnn_viz.models import registry
from frcnn_viz.models.registry import DEFAULT_DETECTOR, ENTRIES
from frcnn_viz.ui.memory import MEMORY


def hungry() -> None:
    import streamlit as st
    import torch

    from frcnn_viz.ui.frame.page import run_page
    from frcnn_viz.ui.session import Session

    def body(here: Session) -> None:
        st.write(f"{here.trace.detections.boxes.shape[1]} numbers a box")
        if here.settings.min_size >= 240:
            torch.empty(2**60)

    run_page("detections", {"picture": body})


def test_out_of_memory_is_told_and_less_is_offered() -> None:
    test = AppTest.from_function(hungry, default_timeout=60).run()
    assert not test.exception
    (error,) = test.error
    assert error.value.startswith("The device ran out of memory.")
    assert MEMORY.nbytes == 0  # what can be given back is
    test.button(key="less_memory").click().run()
    assert not test.error
    assert dict(test.session_state["view"].changes)["min_size"] == "180"
    assert "4 numbers a box" in [markdown.value for markdown in test.markdown]


def crowded_out() -> None:
    from frcnn_viz.ui import session
    from frcnn_viz.ui.errors import show_error

    try:
        session.current()
    except RuntimeError as error:  # as the app does with what no page tells
        show_error(error)


def test_a_detector_that_does_not_fit_into_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    too_large = replace(ENTRIES[DEFAULT_DETECTOR], build=lambda classes: torch.empty(2**60))
    monkeypatch.setitem(ENTRIES, DEFAULT_DETECTOR, too_large)
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())
    test = AppTest.from_function(crowded_out, default_timeout=60).run()
    assert not test.exception
    (error,) = test.error
    assert error.value.startswith("The device ran out of memory.")
    assert "less_memory" not in [button.key for button in test.button]


def broken() -> None:
    from frcnn_viz.ui.frame.page import run_page

    def body(here: object) -> None:
        raise RuntimeError("something else")

    run_page("detections", {"picture": body})


def test_another_error_is_not_taken_for_it() -> None:
    test = AppTest.from_function(broken, default_timeout=60).run()
    assert len(test.exception) == 1  # the app shows it as the sentence for what nobody foresaw
    assert not test.error
