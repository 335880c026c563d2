"""One picture learnt by heart: draw boxes of any classes, train, and see what is found every few steps."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from frcnn_viz.canvas.scene import Tools
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.child import Child
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.overfit import detection_layer, losses_figure, object_rows, outcome
from frcnn_viz.figures.palette import CLASSES
from frcnn_viz.models.entry import ModelError
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.overfit import Report
from frcnn_viz.training.overfit_child import Exercise
from frcnn_viz.ui import view
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.children import act_button, while_running
from frcnn_viz.ui.drawing import PLACEHOLDER
from frcnn_viz.ui.edits import Edit
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


@dataclass
class Draft:
    """The boxes of the exercise on one picture; what is drawn on the page Images is another thing.

    Attributes:
        objects: boxes and classes. classes: to choose from.
        epoch: counts what replaced the editor's boxes from outside. ack: the last edit that was kept.
    """

    objects: tuple[Object, ...]
    classes: tuple[str, ...]
    epoch: int = 0
    ack: str = ""

    @classmethod
    def of(cls, truth: GroundTruth | None) -> Draft:
        """Starts with what is on the picture."""
        counted = truth.counted if truth else None
        rows = zip(counted.boxes_in_image.tolist(), counted.names, strict=True) if counted else ()
        objects = tuple(Object(tuple(box), name) for box, name in rows)
        return cls(objects, tuple(sorted({one.label for one in objects})) or (PLACEHOLDER,))

    def replace(self, objects: tuple[Object, ...]) -> None:
        """Put others in their place."""
        self.objects, self.epoch = objects, self.epoch + 1

    def keep(self, edit: Edit) -> None:
        """Take what the editor sent."""
        self.objects, self.classes, self.ack = edit.objects, edit.classes or self.classes, edit.serial


@dataclass
class Training:
    """A picture that is learnt, or was.

    Attributes:
        key: of picture and detector. child: the process. truth: what it learns. classes: by label from 1.
    """

    key: tuple[str, str, bool]
    child: Child
    truth: GroundTruth
    classes: tuple[str, ...]

    @property
    def reports(self) -> list[Report]:
        """Those so far."""
        return [said for said in list(self.child.said) if isinstance(said, Report)]


def body(here: Session) -> None:
    """The editor; once it trains, what is found."""
    training = view.kept("overfit", dict).get("training")
    if training is None or training.key != _key(here):
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
            "boxes on the picture: they are for this exercise alone. The detector gets a new last layer for these "
            "classes and learns until each box is found."
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
    kept = view.kept("overfit", dict)
    end()
    truth = GroundTruth.of(draft.objects).counted
    names = tuple(sorted(set(truth.names)))
    try:
        variant = Variant(here.detector.name, names, random_weights=here.view.random)
    except ModelError as error:
        view.tell(str(error))
        return
    labels = truth.labels_in(("", *names))
    image = here.image.pixels.cpu()
    exercise = Exercise(variant, image, truth.boxes_in_image, labels, device=here.detector.device.type)
    child = Child("frcnn_viz.training.overfit_child", exercise)
    kept["training"] = Training(_key(here), child, truth, names)


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
                act_button("overfit.stop", training.child.stop)
            act_button("overfit.again", end)
        shown = _tell(training, reports, running)
        if shown:
            st.dataframe(object_rows(shown.check, training.truth.names), hide_index=True, height=200)
            steps = [step for report in reports for step in report.steps]
            if steps:
                chart(losses_figure(steps), "overfit_losses", height=260)
        canvas_panel("overfit_canvas")
    with left:
        layers = [ground_truth_layer(training.truth)]
        if shown:
            layers.append(detection_layer(shown.check, training.classes))
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


def _key(here: Session) -> tuple[str, str, bool]:
    return here.view.image, here.detector.name, here.view.random
