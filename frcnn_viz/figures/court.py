"""One step of greedy NMS as layers: the box it keeps, whom that suppresses, those kept before, those not judged yet."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from frcnn_viz.analysis.nms import Court
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import GREEN, GREY, ORANGE, SELECTED
from frcnn_viz.words import word

STEP_LAYERS = WAITING, KEPT_BEFORE, SUPPRESSED_NOW, KEPT_NOW = tuple(
    word(f"court.{name}").term for name in ("waiting", "kept_before", "suppressed_now", "kept_now")
)
"""The layers of a step, the last on top."""
FEW = 300
"""Where at most so many boxes enter, those that are not judged yet are shown from the start."""


def step_layers(court: Court, step: int, to_image: Callable[[Tensor], Tensor]) -> list[BoxLayer]:
    """The layers of step `step` (from 0); the ids of their boxes are the court's rows."""
    row = int(court.kept[step])
    victims, before, waiting = court.victims(row), court.kept[:step], court.waiting(step)
    of = lambda rows: {"columns": {"score": court.scores[rows]}, "ids": rows}  # noqa: E731
    return [
        BoxLayer(
            WAITING,
            to_image(court.boxes[waiting]),
            [(WAITING, GREY)],
            width=0.8,
            visible=len(court.ids) <= FEW,
            **of(waiting),
        ),
        BoxLayer(KEPT_BEFORE, to_image(court.boxes[before]), [(KEPT_BEFORE, GREEN)], width=1.0, **of(before)),
        BoxLayer(
            SUPPRESSED_NOW,
            to_image(court.boxes[victims]),
            [(SUPPRESSED_NOW, ORANGE)],
            ids=victims,
            columns={"IoU": court.iou(row, victims), "score": court.scores[victims]},
            width=1.5,
        ),
        BoxLayer(
            KEPT_NOW, to_image(court.boxes[row][None]), [(KEPT_NOW, SELECTED)], ids=torch.tensor([row]), width=3.0
        ),
    ]
