"""The process in which one picture is learnt: `Child("frcnn_viz.training.overfit_child", Exercise(...))`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from frcnn_viz.data.child import serve
from frcnn_viz.models.registry import choose_device
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.loop import one_thread
from frcnn_viz.training.overfit import RECIPE, SECONDS, Overfit, Report
from frcnn_viz.training.run import Run, build


@dataclass(frozen=True, eq=False)
class Exercise:
    """One picture to learn, and with which detector.

    Attributes:
        detector: its classes are those of the objects.
        image: as `keep` takes it. boxes_in_image: float32 [G, 4]. labels: int64 [G], from 1.
        seed: of the new layer and of every step. device: as `choose_device` takes it.
    """

    detector: Variant
    image: Tensor
    boxes_in_image: Tensor
    labels: Tensor
    seed: int = 0
    device: str = "auto"


def learn(exercise: Exercise, seconds: float = SECONDS) -> Iterator[Report]:
    """Begin with a new last layer for the classes, and report until all is found."""
    run = Run("exercise", RECIPE, exercise.detector, parts="heads", seed=exercise.seed)
    with one_thread():
        model = build(run).eval().requires_grad_(False).to(choose_device(exercise.device))
        boxes, labels = exercise.boxes_in_image, exercise.labels
        yield from Overfit(model, exercise.image, boxes, labels, RECIPE, exercise.seed).run(seconds)


if __name__ == "__main__":
    serve(learn)
