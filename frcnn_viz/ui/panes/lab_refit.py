"""The RPN fitted to the anchors of now, beside the control: whether they are worth a training."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.data.child import Child
from frcnn_viz.data.samples import SAMPLE_SETS
from frcnn_viz.figures.lab import refit_rows
from frcnn_viz.models.entry import ModelError
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.refit import Report
from frcnn_viz.training.refit_child import Task, held_out
from frcnn_viz.ui import view
from frcnn_viz.ui.children import act_button, tell_failure, while_running
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import chosen_subjects, set_in_force, tell_set
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

CAUTION = (
    "Fitting costs something by itself, so compare these anchors, refitted, with the control: the detector's own "
    "anchors after as many steps. Every second picture is learnt from and all is measured on the others. The second "
    "stage and the backbone stay as they were; a training of all of it can still come out otherwise."
)
SCENES, FEW = 100, 50
"""Scenes that are drawn; pictures under which the caution is not enough."""


def body(here: Session) -> None:
    """The button, the progress, and the table."""
    pictures = chosen_pictures(here)
    try:
        task = wanted(here, pictures)
    except ModelError as error:
        st.info(plain(str(error)))
        return
    now, own = here.settings, here.defaults
    if (now.anchor_sizes, now.aspect_ratios) == (own.anchor_sizes, own.aspect_ratios):
        st.caption("These are the detector's own anchors. Turn their sizes in another tab, then refit.")
    st.info(CAUTION)
    child = children().get(task)
    if child is None or not child.is_running:
        act_button("lab.refit", begin, task, type="primary", disabled=len(pictures) < 2)
    if len(pictures) < 2:
        st.caption("It needs two pictures with objects, one to learn from and one to measure on: choose another set.")
    elif len(pictures) < FEW:
        st.caption(
            f"With {len(pictures)} pictures much of what is learnt is these pictures themselves, by both arms alike: "
            f"the control falls too. Take {FEW} or more to see what the anchors are worth."
        )
    if child:
        while_running(lambda: child.is_running, lambda running: show(child, running))


def chosen_pictures(here: Session) -> tuple[str, ...]:
    """The set of the sidebar, as the process takes it, and said; of street scenes more are drawn than the samples."""
    if set_in_force(here) == SAMPLE_SETS[0]:
        st.caption(f"Of {SCENES} street scenes drawn for this. Choose another set in the sidebar.")
        return held_out(SCENES)
    subjects = [subject for subject in chosen_subjects(here) if len(subject.truth.counted)]
    tell_set(here, subjects)
    return tuple(subject.key for subject in subjects)


def wanted(here: Session, pictures: tuple[str, ...]) -> Task:
    """The task of the anchors of now.

    Raises:
        ModelError: there are no such anchors.
    """
    sizes, ratios = here.settings.anchor_sizes, here.settings.aspect_ratios
    variant = Variant(here.detector.name, (), sizes, ratios, random_weights=here.view.random)
    return Task(variant, pictures, here.detector.device.type)


def children() -> dict[Task, Child]:
    """The process that was begun last, by its task."""
    return view.kept("refit", dict)


def begin(task: Task) -> None:
    """Start the process; one that is at other anchors ends."""
    known = children()
    while known:
        known.popitem()[1].stop()
    known[task] = Child("frcnn_viz.training.refit_child", task)


def show(child: Child, running: bool) -> None:
    """How far it is, and the figures so far."""
    last: Report | None = child.last
    if running:
        starts = word("child.waits").term if child.is_waiting else "The process starts"
        phase = f"{word(f'refit.{last.phase}').term}: {last.done:,} of {last.total:,}" if last else starts
        st.progress(last.done / max(last.total, 1) if last else 0.0, phase)
        act_button("lab.refit_stop", child.stop)
    tell_failure(child)
    if last is None:
        return
    told = [f"The features of {last.kept:,} pictures are kept."]
    if last.left_out:
        told.append(f"For {last.left_out:,} more there was no room in memory.")
    st.caption(" ".join(told))
    if last.figures:
        explained_table(refit_rows(last))
