"""One picture learnt by heart: draw boxes of any classes, train, see what is found every few steps, and open those.

It is kept as a run, while whose steps are looked through the boxes are this picture's ground truth on every page.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from frcnn_viz.canvas.scene import Tools
from frcnn_viz.data.child import Child
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.overfit import detection_layer, losses_figure, object_rows, outcome
from frcnn_viz.figures.palette import CLASSES
from frcnn_viz.models.entry import ModelError
from frcnn_viz.models.runs import PREFIX, kept_steps, runs_folder
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.exercise import exercise_of, free_name
from frcnn_viz.training.overfit import RECIPE, Report
from frcnn_viz.training.overfit_child import Exercise
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import PICTURE, Run
from frcnn_viz.training.signals import Signals
from frcnn_viz.training.snapshot import TRAIN, Picture
from frcnn_viz.ui import session, view
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.children import act_button, while_running
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.panes.draft import Draft
from frcnn_viz.ui.panes.runs import open_step
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

STOP_SECONDS = 5.0
"""So long a process may take to keep its last step."""


@dataclass
class Training:
    """A picture that is learnt, or was.

    Attributes:
        image: the picture's key. run: which is made of it. child: the process. truth: what it learns.
    """

    image: str
    run: Run
    child: Child
    truth: GroundTruth

    def is_of(self, here: Session) -> bool:
        """Whether it is on the picture in view, with the detector in view or into it."""
        base = (here.detector.name, here.view.random) == (self.run.detector.base, self.run.detector.random_weights)
        return self.image == here.view.image and (base or self.is_looked_through(here))

    def is_looked_through(self, here: Session) -> bool:
        """Whether the detector in view is a step of it."""
        return here.detector.name.partition("@")[0] == f"{PREFIX}{self.run.name}"

    def stop(self) -> None:
        """Let it end after its step, and keep that."""
        with suppress(OSError):  # it has not begun
            Signals(runs_folder() / self.run.name).ask_to_stop()
            self.child.wait(STOP_SECONDS)
        self.child.stop()

    @property
    def reports(self) -> list[Report]:
        """Those so far."""
        return [said for said in list(self.child.said) if isinstance(said, Report)]


def body(here: Session) -> None:
    """The editor; once it trains, what is found."""
    training = view.kept("overfit", dict).get("training")
    if training is None or not training.is_of(here):
        draw(here)
    else:
        while_running(lambda: training.child.is_running, lambda running: watch(here, training, running))


def draw(here: Session) -> None:
    """Boxes to draw, and the button that trains."""
    drafts = view.kept("overfit_drafts", dict)
    draft: Draft = drafts.setdefault(here.view.image, Draft.of(here.ground_truth))
    left, inspector = workbench()
    with left:
        tools = Tools(draft.objects, draft.classes, CLASSES, f"{here.view.image} {draft.epoch}", draft.ack)
        show_picture(here, "overfit_editor", [], on_edit=draft.keep, tools=tools)
    with inspector:
        names, boxes = sorted({one.label for one in draft.objects}), len(draft.objects)
        st.caption(
            f"{boxes} box{'es' * (boxes != 1)} of {len(names)} class{'es' * (len(names) != 1)}. Draw, name and delete "
            "boxes on the picture: they are for this exercise alone, and for the pages that its steps are opened on. "
            "The detector gets a new last layer for these classes and learns until each box is found."
        )
        with st.container(horizontal=True):
            look = {"type": "primary", "icon": ":material/play_arrow:", "disabled": not draft.objects}
            act_button("overfit.train", begin, here, draft, **look)
            act_button("overfit.clear", draft.replace, ())
            if here.ground_truth is not None:
                act_button("overfit.truth", draft.replace, Draft.of(here.ground_truth).objects)
        canvas_panel("overfit_editor_canvas")


def begin(here: Session, draft: Draft) -> None:
    """Start the process; one that is at another picture ends."""
    end()
    leave_exercise(here)
    name, random, image = view.now().model, view.now().random, here.view.image
    truth = GroundTruth.of(draft.objects).counted
    try:
        variant = Variant(name, tuple(sorted(set(truth.names))), random_weights=random)
        device, called = here.detector.device.type, free_name(here.image.name if here.item else image)
        run = Run(called, RECIPE, variant, "heads", f"{PICTURE}{image}", validation=0.0, device=device)
    except (ModelError, TrainingError) as error:
        view.tell(str(error))
        return
    picture = Picture(here.image.name, image, here.image.sha256, TRAIN, tuple(draft.objects))
    child = Child("frcnn_viz.training.overfit_child", Exercise(run, here.image.pixels.cpu(), picture))
    view.kept("overfit", dict)["training"] = Training(image, run, child, truth)


def leave_exercise(here: Session) -> None:
    """Look through what an exercise began with, where one of its steps is in view: none begins with another one."""
    if exercise := exercise_of(here.detector.name):
        began = exercise.run.detector
        session.choose_model(began.base, began.random_weights)


def end() -> None:
    """Stop what trains, and forget it."""
    training = view.kept("overfit", dict).pop("training", None)
    if training:
        training.child.stop()


def watch(here: Session, training: Training, running: bool) -> None:
    """Ground truth and detections after the last steps, the losses, and the objects one by one."""
    reports = training.reports
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
            st.dataframe(object_rows(shown.check, training.truth.names), hide_index=True, height=200)
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
    if training.child.failure:
        st.error(plain(training.child.failure))
    if not reports:
        if running:
            st.info("The process starts, and the backbone runs once; its features are kept.")
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
