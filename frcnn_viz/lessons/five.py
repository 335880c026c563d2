"""Five detections of one class, for lessons on what is counted of a list: some right, some false alarms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.metrics import coco_report
from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.lessons.lesson import CannotAsk
from frcnn_viz.lessons.question import Mark, Screen
from frcnn_viz.lessons.scene import Scene
from frcnn_viz.pipeline.cached import cached_property

LETTERS = "ABCDE"
LOOSER: tuple[dict[str, float], ...] = (
    {"box_score_thresh": 0.01},
    {"box_nms_thresh": 0.7, "box_score_thresh": 0.01},
    {"box_nms_thresh": 0.9, "box_score_thresh": 0.01},
)
"""Settings with which a detector says enough that is wrong, and finds things twice."""
MOST_DRAWN = 60
"""Sets of five that are drawn for one that is neither all right nor all wrong."""
CLEAR = 0.01
"""How far from 0.5 an IoU is."""


@dataclass(frozen=True, eq=False)
class Five:
    """Five detections of one class.

    Attributes:
        there: the scene. label: the class. rows: their places among the detections, best first.
        truth: the objects of that class.
    """

    there: Scene
    label: int
    rows: tuple[int, ...]
    truth: GroundTruth

    @property
    def name(self) -> str:
        """The class."""
        return self.there.classes[self.label]

    @cached_property
    def boxes(self) -> Tensor:
        """float32 [5, 4], pixels of the picture."""
        return self.there.trace.detections.boxes_in_image[list(self.rows)].cpu()

    @cached_property
    def scores(self) -> Tensor:
        """float32 [5]."""
        return self.there.trace.detections.scores[list(self.rows)].cpu()

    @cached_property
    def ious(self) -> Tensor:
        """float32 [5, G]."""
        return box_iou(self.boxes, self.truth.boxes_in_image)

    def right(self, rows: list[int]) -> list[bool]:
        """Which of some of them count as finds."""
        one = torch.ones(len(rows), dtype=torch.int64)
        pairs = judge(self.boxes[rows], one, self.truth.boxes_in_image, torch.ones(len(self.truth), dtype=torch.int64))
        return (pairs.object_of_detection >= 0).tolist()

    def ap(self, rows: list[int]) -> float:
        """COCO's at IoU 0.5 of some of them."""
        one = torch.ones(len(rows), dtype=torch.int64)
        found = {"boxes": self.boxes[rows], "labels": one, "scores": self.scores[rows]}
        return float(coco_report([found], [self.truth], [self.name]).figures["AP50"])

    @property
    def code(self) -> str:
        """Python that makes `five` and `truth`."""
        return f"""
from frcnn_viz.analysis.metrics import coco_report
from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.data.ground_truth import GroundTruth

found, rows, ones = trace.detections, torch.tensor({list(self.rows)}), torch.ones({len(self.rows)}, dtype=torch.int64)
five = {{"boxes": found.boxes_in_image[rows].cpu(), "labels": ones, "scores": found.scores[rows].cpu()}}
truth = GroundTruth(torch.tensor({self.truth.boxes_in_image.tolist()}), {self.truth.names!r})
"""

    def marks(self) -> tuple[Mark, ...]:
        """The objects, numbered, and the five by their letters."""
        objects = [Mark(tuple(box), f"{self.name} {n}") for n, box in enumerate(self.truth.boxes_in_image.tolist(), 1)]
        return (*objects, *(Mark(tuple(box), letter) for box, letter in zip(self.boxes.tolist(), LETTERS, strict=True)))

    def told(self) -> str:
        """Each with its score and the object that it overlaps most."""
        best = self.ious.max(dim=1)
        rows = zip(LETTERS, self.scores.tolist(), best.values.tolist(), best.indices.tolist(), strict=True)
        return "; ".join(
            f"{letter} {score:.3f}, IoU {iou:.2f} with {self.name} {n + 1}" for letter, score, iou, n in rows
        )

    def screen(self, scene: Scene) -> Screen:
        """The page with the settings that they are found with."""
        return Screen(settings=scene.changes(self.there))


def draw(scene: Scene, rng: Random, takes: Callable[[Five], bool] = lambda five: True) -> Five:
    """Five of one class, of which some are right, and a false alarm stands before one that is.

    Args:
        scene: with objects of the detector's classes.
        rng: what they are drawn from.
        takes: whether the lesson has a use for them.

    Raises:
        CannotAsk: there are none.
    """
    names = sorted({scene.classes.index(name) for name in scene.objects.names if name in scene.classes})
    for change in rng.sample(LOOSER, len(LOOSER)):
        there = scene.at(**change)
        for label in rng.sample(names, len(names)):
            of_class = torch.tensor([name == scene.classes[label] for name in scene.truth.names])
            truth = scene.truth.take(of_class)
            rows = (there.trace.detections.labels == label).nonzero()[:, 0].tolist()
            if len(truth) in (0, 1, 5) or len(rows) < 5 or truth.ignored.any():  # with 5 both parts are the same
                continue
            drawn = (Five(there, label, tuple(sorted(rng.sample(rows[:20], 5))), truth) for _ in range(MOST_DRAWN))
            if five := next((five for five in drawn if _good(five) and takes(five)), None):
                return five
    raise CannotAsk("No class has five detections here that are partly right; choose another picture.")


def _good(five: Five) -> bool:
    """Whether every IoU is clear, no detection could count for two objects, scores differ, and some order matters."""
    ious, right, scores = five.ious, five.right(list(range(5))), five.scores
    clear = bool(((ious - 0.5).abs() > CLEAR).all()) and bool(((ious >= 0.5).sum(dim=1) <= 1).all())
    apart = bool((scores[:-1] - scores[1:] > 0.001).all())
    mixed = 2 <= sum(right) <= 4 and right[right.index(False) :] != [False] * right.count(False)
    return clear and apart and mixed
