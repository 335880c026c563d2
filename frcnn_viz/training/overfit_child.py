"""The process in which one picture is learnt: `Child("frcnn_viz.training.overfit_child", Exercise(...))`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from frcnn_viz.data.child import serve
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.entry import BACKGROUND
from frcnn_viz.models.registry import choose_device
from frcnn_viz.training.exercise import learn_and_keep
from frcnn_viz.training.loop import one_thread
from frcnn_viz.training.overfit import SECONDS, Overfit, Report
from frcnn_viz.training.run import Run, build
from frcnn_viz.training.snapshot import Picture


@dataclass(frozen=True, eq=False)
class Exercise:
    """One picture to learn.

    Attributes:
        run: with which detector, whose classes are those of the objects, and under which name it is kept.
        image: as `keep` takes it. picture: its name, and what is on it.
    """

    run: Run
    image: Tensor
    picture: Picture


def learn(exercise: Exercise, seconds: float = SECONDS) -> Iterator[Report]:
    """Begin with a new last layer for the classes, and report until all is found."""
    run, truth = exercise.run, GroundTruth.of(exercise.picture.objects).counted
    with one_thread():
        model = build(run).eval().requires_grad_(False).to(choose_device(run.device))
        labels = truth.labels_in((BACKGROUND, *run.classes))
        training = Overfit(model, exercise.image, truth.boxes_in_image, labels, run.recipe, run.seed)
        still = {name: tensor for name, tensor in model.state_dict().items() if not run.learns(name)}
        yield from learn_and_keep(training, still, run, exercise.picture, seconds)


if __name__ == "__main__":
    serve(learn)
