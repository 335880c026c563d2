"""One object, and one thing made harsher step by step: which stage breaks first?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st
import torch

from frcnn_viz.analysis.stress import AXES, Point, breaks_first, stress
from frcnn_viz.figures.metrics import stress_figure
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui import session, view
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import choice
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.objects import crop_box, object_list
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option

AXIS = Option("autopsy.axis", "shift")


def body(here: Session) -> None:
    """The curve of the chosen object, and what loses it first."""
    truth = here.ground_truth
    if truth is None or not len(truth):
        nothing_drawn(here)
        return
    chosen = session.selected("object")
    object_ = chosen if chosen is not None and chosen < len(truth) else 0
    label = int(truth.labels_in(here.detector.classes)[object_])
    left, inspector = workbench()
    with inspector:
        name = choice(AXIS, "option.stress", {name: name for name in AXES})
        st.image(
            crop_box(here.view.image, truth.boxes_in_image[object_]),
            f"Object {object_}: {plain(truth.names[object_])}",
            width=110,
            alt="The object as the picture has it, with a little of what is around it",
        )
        object_list([{"object": n, "class": name} for n, name in enumerate(truth.names)], object_, height=180)
        verdict = st.container()
    with left:
        if label < 1:
            st.info(
                f"The detector does not know the class {plain(truth.names[object_])}, so there is no score to follow."
            )
            return
        points = curve(here, object_, label, name)
        chart(stress_figure(points, AXES[name]), "stress_curve", 480)
    with verdict:
        tell_verdict(points, name)
        if len(points) < len(AXES[name].values):
            st.button("Go on", key="stress_on", on_click=kept().update, kwargs={"stopped": False})


def tell_verdict(points: list[Point], name: str) -> None:
    """Where it is lost first, in words."""
    axis, broken = AXES[name], breaks_first(points)
    if broken is None and len(points) == len(axis.values):
        st.success(f"It is found at every value, to the harshest ({axis.values[-1]:g} {axis.unit}).")
    if broken is not None:
        value, stage = broken
        when = f"It is first lost at {value:g} {axis.unit}" if value != axis.values[0] else "It is lost from the start"
        st.warning(f"{when}: no box is left on it after the step **{stage}**.")


def kept() -> dict[str, Any]:
    """The last curve: what it is of, its points, and whether it was stopped."""
    return view.kept("stress", dict)


def curve(here: Session, object_: int, label: int, name: str) -> list[Point]:
    """What the stages do with the object along an axis, with progress and a stop; what is done is kept."""
    axis, truth, done = AXES[name], here.ground_truth, kept()
    key = (here.detector.fingerprint, here.image.sha256, here.settings, truth, object_, name)
    if done.get("of") != key:
        done.update(of=key, points=[], stopped=False)
    points = done["points"]
    if len(points) < len(axis.values) and not done["stopped"]:
        unchanged = here.image.tensor

        def trace_of(image: torch.Tensor, settings: Settings) -> Trace:
            if image is unchanged:
                return here.trace_with(settings)
            return Trace(here.detector.model, image, settings)

        rest = replace(axis, values=axis.values[len(points) :])
        with progress("stress", on_stop=lambda: done.update(stopped=True)) as tell:
            for point in stress(trace_of, unchanged, truth.boxes_in_image[object_], label, rest, here.settings):
                points.append(point)
                tell(len(points), len(axis.values), f"{axis.name} {point.value:g}")
    return points
