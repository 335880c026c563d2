"""A run's curves, and a picture as its steps find it."""

from __future__ import annotations

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
from frcnn_viz.training.store import RunFolder
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.words import word

FRAMES, LEAST_SCORE = 8, 0.5
"""Of the film strip."""


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
        explained_table(rows, height=36 * min(len(rows), 4) + 38)
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


def film_strip(here: Session, run: str, steps: list[int]) -> None:
    """What kept steps find on the picture in view, one after the other."""
    places = sorted({round(n * (len(steps) - 1) / max(1, FRAMES - 1)) for n in range(FRAMES)})
    for column, place in zip(st.columns(FRAMES), places, strict=False):
        step = steps[place]
        told = f"step {step:,}"
        column.image(frame(here, f"{PREFIX}{run}@{step}"), caption=told, alt=f"Detections at {told}")


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
