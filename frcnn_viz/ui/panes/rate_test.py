"""The learning-rate range test of what the page Train is set to, in a process of its own."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from frcnn_viz.data.child import Child
from frcnn_viz.figures.training import rate_range_figure
from frcnn_viz.models.registry import ModelError
from frcnn_viz.training.rates import STEPS, RateRange
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import Run
from frcnn_viz.ui import view
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.children import act_button, tell_failure, while_running
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word


def rate_test(make_run: Callable[[], Run], rate: Option) -> None:
    """A button that begins, and what was found so far; the rate that is suggested can be taken.

    Args:
        make_run: what is trained, as the page is set.
        rate: the option that holds the exponent of the learning rate.
    """
    child: Child | None = view.kept("rates", dict).get("child")
    if child is None:
        act_button("learn.find_rate", begin, make_run)
        return
    while_running(lambda: child.is_running, lambda running: show(child, running, rate))


def begin(make_run: Callable[[], Run]) -> None:
    """Start the process."""
    try:
        view.kept("rates", dict)["child"] = Child("frcnn_viz.training.rates", make_run())
    except (TrainingError, ModelError) as error:
        view.tell(str(error))


def end() -> None:
    """Stop it, and forget what it found."""
    if child := view.kept("rates", dict).pop("child", None):
        child.stop()


def take(rate: Option, suggested: float) -> None:
    """Set the page to the rate, in quarters of a power of ten."""
    rate.set(max(-5.0, min(0.0, round(math.log10(suggested) * 4) / 4)))


def show(child: Child, running: bool, rate: Option) -> None:
    """The curve so far."""
    tell_failure(child)
    found: RateRange | None = child.last
    if found is None and running:
        starts = "The process starts, and reads the pictures."
        st.caption(word("child.waits").sentence if child.is_waiting else starts)
    if found:
        st.progress(min(1.0, len(found.rates) / STEPS), f"{len(found.rates)} steps of at most {STEPS}")
        chart(rate_range_figure(found), "rate_range", 260)
    with st.container(horizontal=True):
        if found and not running:
            act_button("learn.take_rate", take, rate, found.suggested)
        act_button("learn.end_rate", end)
