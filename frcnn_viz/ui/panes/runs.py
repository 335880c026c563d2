"""Runs under way and done: their curves, and every kept step as a detector that all pages can be opened with."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from safetensors.torch import load_file
from torch import Tensor
from torchvision.utils import draw_bounding_boxes

from frcnn_viz.figures.palette import class_colour
from frcnn_viz.figures.training import (
    LOSSES,
    gradient_figure,
    loss_figure,
    moved_figure,
    quality_figure,
    rate_figure,
    stage_recall_figure,
)
from frcnn_viz.models.registry import load_detector
from frcnn_viz.models.runs import PREFIX
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.training.history import History
from frcnn_viz.training.moved import moved
from frcnn_viz.training.process import resume, stop
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.signals import DONE, FAILED, Status
from frcnn_viz.training.store import RunFolder, all_runs, remove_run
from frcnn_viz.ui import session, view
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.children import act_button, while_running
from frcnn_viz.ui.controls import choice, segments, toggle
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.panes.learn import RUN
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

LOOK_SECONDS = 2.0
"""How often the page looks at a run that is under way."""
FRAMES, LEAST_SCORE = 8, 0.5
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
            act_button("runs.resume", attempt, resume, folder.name)
        if not status.under_way:
            act_button("runs.remove", attempt, remove_run, folder.name)
    if status.told:
        (st.error if status.state == FAILED else st.caption)(plain(status.told))


def attempt(work: Callable[[str], object], name: str) -> None:
    """Do something with a run; where it cannot be done, that is told."""
    try:
        work(name)
    except TrainingError as error:
        view.tell(str(error))


def show_losses(history: History) -> None:
    """The four, two and two."""
    for start in (0, 2):
        for column, name in zip(st.columns(2), LOSSES[start : start + 2], strict=True):
            with column:
                chart(loss_figure(history.steps, history.evaluations, name), f"run_{name}", 200)


def show_quality(history: History, under_way: bool) -> None:
    """Precision, and how far the objects get."""
    if not history.evaluations:
        st.info(word("runs.unmeasured").sentence if under_way else word("runs.never_measured").sentence)
        return
    left, right = st.columns([2, 3])
    with left:
        chart(quality_figure(history.evaluations), "run_quality", 330)
        rows = [{"class": name, "AP": f"{value:.3f}"} for name, value in history.evaluations[-1][1].per_class.items()]
        st.dataframe(rows, hide_index=True, height=36 * min(len(rows), 4) + 38)
    with right:
        chart(stage_recall_figure(history.evaluations), "run_recall", 460)


def show_gradients(history: History) -> None:
    """How strongly each part is pulled, and how far a step goes."""
    left, right = st.columns(2)
    with left:
        chart(gradient_figure(history.steps), "run_gradients", 330)
    with right:
        chart(rate_figure(history.steps), "run_rate", 330)


def show_moved(folder: RunFolder) -> None:
    """How far each parameter went from the first kept step to the last; frozen ones are not kept with the steps."""
    steps = folder.steps
    if len(steps) < 2:
        st.info(word("runs.unmoved").sentence)
        return
    first, last = min(steps), max(steps)
    st.caption(f"From step {first:,} to step {last:,}; each dot is a tensor of parameters. Frozen ones are not shown.")
    chart(moved_figure(moved(load_file(steps[first]), load_file(steps[last]))), "run_moved", 400)


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


def film_strip(here: Session, run: str, steps: list[int]) -> None:
    """What kept steps find on the picture in view, one after the other."""
    places = sorted({round(n * (len(steps) - 1) / max(1, FRAMES - 1)) for n in range(FRAMES)})
    for column, place in zip(st.columns(FRAMES), places, strict=False):
        step = steps[place]
        column.image(frame(here, f"{PREFIX}{run}@{step}"), caption=f"step {step:,}")


def frame(here: Session, name: str) -> object:
    """The picture in view with what a detector finds on it at a score of at least 0.5: uint8 [H, W, 3]."""
    detector = load_detector(name, here.view.device)

    def draw() -> Tensor:
        found = Trace(detector.model, here.image.pixels, memory=MEMORY, image_key=here.image.sha256).detections
        good = found.scores >= LEAST_SCORE
        colours = [class_colour(label) for label in found.labels[good].tolist()]
        boxes = found.boxes_in_image[good].cpu()
        return draw_bounding_boxes(here.image.pixels, boxes, colors=colours, width=3) if colours else here.image.pixels

    drawn = MEMORY.recall(("film", detector.model, here.image.sha256), draw, detector.device).value
    return drawn.permute(1, 2, 0).numpy()
