"""One picture that is learnt by heart, or was: what is found after its steps."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.overfit import detection_layer, losses_figure, object_rows, outcome
from frcnn_viz.models.runs import kept_steps, runs_folder
from frcnn_viz.training.overfit import Report
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.children import act_button, tell_failure
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.panes.overfit_training import Training, end
from frcnn_viz.ui.panes.runs import open_step
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.words import word


def watch(here: Session, training: Training, running: bool) -> None:
    """Ground truth and detections after the last steps, the losses, and the objects one by one."""
    reports: list[Report] = training.child.reports
    left, inspector = workbench()
    with inspector:
        with st.container(horizontal=True):
            if running:
                act_button("overfit.stop", training.stop)
            act_button("overfit.again", end)
        shown = _tell(training, reports, running)
        if shown and not running:
            offer_step(training.run.name, shown.step)
        if shown:
            explained_table(object_rows(shown.check, training.truth.names), height=200)
            steps = [step for report in reports for step in report.steps]
            if steps:
                chart(losses_figure(steps), "overfit_losses", height=260)
        canvas_panel("overfit_canvas")
    with left:
        layers = [ground_truth_layer(training.truth)]
        if shown:
            layers.append(detection_layer(shown.check, training.run.classes))
        show_picture(here, "overfit", layers)


def _tell(training: Training, reports: list[Report], running: bool) -> Report | None:
    """Where it is, in a sentence; returns the report to show."""
    tell_failure(training.child)
    if not reports:
        if running:
            starts = "The process starts, and the backbone runs once; its features are kept."
            st.info(word("child.waits").sentence if training.child.is_waiting else starts)
        return None
    last = reports[-1]
    (st.success if last.learnt else st.info)(outcome(reports, over=not running))
    if running or len(reports) < 2:
        return last
    told = word("overfit.step")
    chosen = st.select_slider(told.term, [one.step for one in reports], last.step, key="overfit_step", help=told.hover)
    return next(one for one in reports if one.step == chosen)


def offer_step(run: str, step: int) -> None:
    """The last step up to this one that was kept, on other pages."""
    steps = [one for one in kept_steps(runs_folder() / run) if one <= step]
    if not steps:  # the run was removed
        return
    told = word("overfit.open")
    with st.container(horizontal=True):
        for page in ("proposals", "autopsy"):
            title = f"{told.term} {steps[-1]:,} on {word(f'page.{page}').term}"
            args = (run, steps[-1], page)
            st.button(title, key=f"overfit_open_{page}", help=told.hover, on_click=open_step, args=args)
