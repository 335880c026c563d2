"""When memory runs out: one sentence, an offer, and the next request works."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

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


def broken() -> None:
    from frcnn_viz.ui.frame.page import run_page

    def body(here: object) -> None:
        raise RuntimeError("something else")

    run_page("detections", {"picture": body})


def test_another_error_is_not_taken_for_it() -> None:
    test = AppTest.from_function(broken, default_timeout=60).run()
    assert len(test.exception) == 1  # the app shows it as the sentence for what nobody foresaw
    assert not test.error
