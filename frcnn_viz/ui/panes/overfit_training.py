"""The process that learns one picture by heart: begun, stopped with its last step kept, and forgotten."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from frcnn_viz.data.child import Child
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.entry import ModelError
from frcnn_viz.models.runs import PREFIX, runs_folder
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.exercise import exercise_of, free_name
from frcnn_viz.training.overfit import RECIPE
from frcnn_viz.training.overfit_child import Exercise
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import PICTURE, Run
from frcnn_viz.training.signals import Signals
from frcnn_viz.training.snapshot import TRAIN, Picture
from frcnn_viz.ui import session, view
from frcnn_viz.ui.panes.draft import Draft
from frcnn_viz.ui.session import Session

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


def current() -> Training | None:
    """The visitor's own; one at a time."""
    return view.kept("overfit", dict).get("training")


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


def end() -> None:
    """Stop what trains, and forget it."""
    training = view.kept("overfit", dict).pop("training", None)
    if training:
        training.child.stop()


def leave_exercise(here: Session) -> None:
    """Look through what an exercise began with, where one of its steps is in view: none begins with another one."""
    if exercise := exercise_of(here.detector.name):
        began = exercise.run.detector
        session.choose_model(began.base, began.random_weights)
