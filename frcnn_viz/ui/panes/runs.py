"""Runs under way and done: their curves, and every kept step as a detector that all pages can be opened with."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.models.runs import PREFIX
from frcnn_viz.training.history import History
from frcnn_viz.training.process import resume, stop
from frcnn_viz.training.signals import DONE, FAILED, Status
from frcnn_viz.training.store import RunFolder, all_runs, remove_run
from frcnn_viz.ui import session, view
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.children import act_button, unless_full, while_running
from frcnn_viz.ui.controls import choice, segments, toggle
from frcnn_viz.ui.panes.learn import RUN
from frcnn_viz.ui.panes.run_charts import film_strip, show_gradients, show_losses, show_moved, show_quality
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

LOOK_SECONDS = 2.0
"""How often the page looks at a run that is under way."""
KINDS = ("losses", "quality", "gradients", "moved")
CHARTS, STRIP = Option("train.charts", "losses"), Option("train.strip", False)


def body(here: Session) -> None:
    """The chosen run; a newer one is on top of the list."""
    names = [folder.name for folder in all_runs()]
    if not names:
        st.info(word("runs.none").sentence)
        st.button(
            word("tab.learn").term, key="to_learn", type="primary", on_click=view.open_tab, args=("train", "learn")
        )
        return
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        chosen = choice(RUN, "runs.run", {name: name for name in names})
    with right:
        segments(CHARTS, "runs.charts", {name: word(f"runs.{name}").term for name in KINDS})
    folder = RunFolder(chosen)
    while_running(lambda: folder.status.under_way, lambda running: watch(folder), LOOK_SECONDS)
    steps = list(folder.steps)
    if steps:
        offer_steps(chosen, steps)
        if toggle(STRIP, "runs.strip"):
            film_strip(here, chosen, steps)


def watch(folder: RunFolder) -> None:
    """Where the run is, and its curves."""
    status, history = folder.status, History.of(folder.metrics())
    tell_status(folder, status)
    kinds = {
        "losses": lambda: show_losses(history),
        "quality": lambda: show_quality(history, status.under_way),
        "gradients": lambda: show_gradients(history),
        "moved": lambda: show_moved(folder),
    }
    kinds[CHARTS.value]()


def tell_status(folder: RunFolder, status: Status) -> None:
    """State, steps and what can be done."""
    run = folder.run
    where = f"{word(f'runs.{status.state}').term}: step {status.step:,} of {run.recipe.steps:,}"
    more = f". {word('runs.exercise').sentence}" if run.is_exercise else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(status.step / run.recipe.steps, 1.0), where + more)
        if status.under_way:
            act_button("runs.stop", attempt, stop, folder.name)
        elif status.state != DONE and not run.is_exercise:
            act_button("runs.resume", attempt, resume, folder.name, **unless_full())
        if not status.under_way:
            act_button("runs.remove", attempt, remove_run, folder.name)
    if status.told:
        (st.error if status.state == FAILED else st.caption)(plain(status.told))


def offer_steps(run: str, steps: list[int]) -> None:
    """A kept step, on any page."""

    def show(page: str) -> None:
        open_step(run, view.held("run_step") if len(steps) > 1 else steps[0], page)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(steps) > 1:
            told = word("runs.step")
            st.select_slider(told.term, steps, steps[-1], key="run_step", help=told.hover)
        for page in ("proposals", "detections", "autopsy"):
            title = word(f"page.{page}").term
            st.button(f"Open on {title}", key=f"run_open_{page}", on_click=show, args=(page,))


def open_step(run: str, step: int, page: str) -> None:
    """Look through a kept step on a page; for callbacks."""
    session.choose_model(f"{PREFIX}{run}@{step}", random=False)
    view.go_to(page)
