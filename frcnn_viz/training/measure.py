"""A finished run on its validation pictures, as an experiment compares it: in pixels of the user's images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from frcnn_viz.analysis.metrics import coco_report
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.registry import load_detector
from frcnn_viz.models.runs import PREFIX
from frcnn_viz.training.evaluation import IOU, look_at
from frcnn_viz.training.pictures import PictureFile
from frcnn_viz.training.results import FIGURES, Measured, Target
from frcnn_viz.training.snapshot import VALIDATION, Picture, samples_of
from frcnn_viz.training.store import RunFolder, pictures_of

DIGITS = 6
"""Of a figure; more would not be its own on another processor."""


def measure(
    folder: RunFolder, tell: Callable[[int, int], None] = lambda done, total: None
) -> tuple[tuple[Target, ...], Measured]:
    """The objects of the validation pictures, and what the last step of a run makes of them.

    An object is found as COCO pairs it: by a detection of its class that overlaps it by 0.5, at the detector's own
    score threshold. What is small, medium or large is so in the user's image, so that arms which see the pictures at
    other sizes are compared on the same objects.

    Args:
        folder: of a run that is done.
        tell: called with the pictures done and their number; what it raises stops.

    Raises:
        ModelError, TrainingError, OSError: the run's last step or its pictures are not there.
    """
    run, snapshot = folder.run, folder.snapshot
    model = load_detector(f"{PREFIX}{run.name}@{run.recipe.steps}", run.device).model
    pictures, file = snapshot.of(VALIDATION), pictures_of(snapshot, model)
    looks = look_at(model, samples_of(pictures, file, run.classes), run.classes, tell)
    scales = _scales(file, pictures)
    truths = [_larger(truth, scale) for truth, scale in zip(looks.truths, scales, strict=True)]
    predictions = [{**one, "boxes": one["boxes"] * scale} for one, scale in zip(looks.predictions, scales, strict=True)]
    report = coco_report(predictions, truths, run.classes)
    seconds = sum(line["seconds"] for line in folder.metrics() if "losses" in line)
    return _targets(pictures, truths), Measured(
        figures={name: round(report.figures[name], DIGITS) for name in FIGURES},
        per_class={name: round(of["AP"], DIGITS) for name, of in report.per_class.items()},
        recall={name: round(value, DIGITS) for name, value in looks.recall.items()},
        seconds={"training": round(seconds, 1)},
        found=tuple((looks.ious[:, -1] >= IOU).nonzero()[:, 0].tolist()),
    )


def _scales(file: PictureFile, pictures: Sequence[Picture]) -> list[Tensor]:
    """What lengths of the network's pixels are multiplied by, for x and y twice: float32 [4] each."""
    places = file.places()
    sizes = (places[picture.sha256][1:] for picture in pictures)
    return [torch.tensor([wide / width, high / height] * 2) for height, width, high, wide in sizes]


def _larger(truth: GroundTruth, scale: Tensor) -> GroundTruth:
    return replace(truth, boxes_in_image=truth.boxes_in_image * scale)


def _targets(pictures: Sequence[Picture], truths: Sequence[GroundTruth]) -> tuple[Target, ...]:
    return tuple(
        Target(picture.name, Object(tuple(round(value, 1) for value in box), name))
        for picture, truth in zip(pictures, truths, strict=True)
        for box, name in zip(truth.boxes_in_image.tolist(), truth.names, strict=True)
    )
