"""One picture learnt by heart: a detector learns the boxes drawn on it until each of them is found.

The backbone runs once and its features are kept; RPN and RoI heads learn on a copy.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN
from torchvision.ops import box_iou

from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.training.kept import detect, head_losses, heads_of, keep
from frcnn_viz.training.loop import Loop, Step
from frcnn_viz.training.recipe import Recipe, TrainingError

IOU, SCORE, ALARM = 0.9, 0.9, 0.5
"""An object is found by a box of its class with more overlap and score; what else is over the last is a false alarm."""
STABLE = 5
"""Checks in a row after which a picture is learnt."""
CHECK_EVERY = 6
"""Steps. A check takes as long as one, so that watching adds a sixth."""
RECIPE = Recipe(steps=2_000, batch=1, learning_rate=3e-4, weight_decay=0.0, warm_up=10, decay="none", mirror=False)
SECONDS = 120.0
"""After which it is given up."""


@dataclass(frozen=True, eq=False)
class Check:
    """What the heads find on the picture.

    Attributes:
        boxes_in_image: float32 [D, 4], best first. labels: int64 [D]. scores: float32 [D].
        detection_of_object: int64 [G], the detection paired with each object as COCO does at IoU 0.5, or -1.
        ious, object_scores: float32 [G], of that detection, 0 where there is none.
        false_alarms: bool [D], those over `ALARM` that are paired with no object.
    """

    boxes_in_image: Tensor
    labels: Tensor
    scores: Tensor
    detection_of_object: Tensor
    ious: Tensor
    object_scores: Tensor
    false_alarms: Tensor

    @property
    def found(self) -> Tensor:
        """bool [G]."""
        return (self.ious > IOU) & (self.object_scores > SCORE)

    @property
    def good(self) -> bool:
        """Whether all objects are found, and nothing else."""
        return bool(self.found.all()) and not self.false_alarms.any()


@dataclass(frozen=True, eq=False)
class Report:
    """Where the training is.

    Attributes:
        step: steps done. seconds: since the backbone ran.
        steps: those since the last report, in order.
        check: of now. in_a_row: how many checks up to this one were good.
    """

    step: int
    seconds: float
    steps: tuple[Step, ...]
    check: Check
    in_a_row: int

    @property
    def learnt(self) -> bool:
        """Whether all was found for long enough."""
        return self.in_a_row >= STABLE


class Overfit:
    """The training of one picture.

    Attributes:
        picture: its features. heads: what learns, in training mode. loop: of the steps.
        boxes_in_image, labels: of the objects, as given.
    """

    def __init__(
        self,
        model: FasterRCNN,
        image: Tensor,
        boxes_in_image: Tensor,
        labels: Tensor,
        recipe: Recipe = RECIPE,
        seed: int = 0,
    ) -> None:
        """Run the backbone; nothing is learnt yet.

        Args:
            model: in evaluation mode; it is only read.
            image: uint8, or float32 in 0..1, [3, H, W].
            boxes_in_image: float32 [G, 4], pixels of the image, each with an area; at least one.
            labels: int64 [G], from 1, of the model's classes.
            recipe: how it learns; the rate's decay, flips and light have no part in it.
            seed: of every step.

        Raises:
            TrainingError: there is no box, one has no area, or a label is not the model's.
        """
        check_objects(model, boxes_in_image, labels)
        self.boxes_in_image, self.labels = boxes_in_image, labels
        self.picture = keep(model, image, boxes_in_image, labels)
        self.heads = heads_of(model)
        self.loop = Loop(self.heads, recipe, lambda: head_losses(self.heads, self.picture), seed)

    def check(self) -> Check:
        """Look at the picture with the heads as they are."""
        return judge_objects(detect(self.heads, self.picture), self.boxes_in_image, self.labels)

    def run(self, seconds: float = SECONDS) -> Iterator[Report]:
        """Learn until all was found for long enough, or the steps or seconds are over; the first report is of step 0.

        Raises:
            TrainingError: a loss is not finite.
        """
        start, in_a_row = time.perf_counter(), 0
        steps: list[Step] = []
        while True:
            check = self.check()
            in_a_row = in_a_row + 1 if check.good else 0
            report = Report(self.loop.step, time.perf_counter() - start, tuple(steps), check, in_a_row)
            yield report
            left = self.loop.recipe.steps - self.loop.step
            if report.learnt or left <= 0 or report.seconds >= seconds:
                return
            steps = [self.loop.advance() for _ in range(min(CHECK_EVERY, left))]


def judge_objects(detections: dict[str, Tensor], boxes_in_image: Tensor, labels: Tensor) -> Check:
    """Compare what `detect` gives with the objects: boxes [G, 4] and labels [G], both in the user's image."""
    boxes, found_labels, scores = (detections[name].cpu() for name in ("boxes", "labels", "scores"))
    pairs = judge(boxes, found_labels, boxes_in_image, labels)
    of_object = pairs.detection_of_object
    ious, object_scores = torch.zeros(len(labels)), torch.zeros(len(labels))
    if pairs.found.any():
        theirs = of_object[pairs.found]
        ious[pairs.found] = box_iou(boxes[theirs], boxes_in_image[pairs.found]).diagonal()
        object_scores[pairs.found] = scores[theirs]
    alarms = pairs.false_alarms & (scores > ALARM)
    return Check(boxes, found_labels, scores, of_object, ious, object_scores, alarms)


def check_objects(model: FasterRCNN, boxes_in_image: Tensor, labels: Tensor) -> None:
    """Raises TrainingError unless there are boxes, each with an area and a label of the model's."""
    known = model.roi_heads.box_predictor.cls_score.out_features
    if boxes_in_image.shape != (len(labels), 4) or not len(labels):
        raise TrainingError("there is no box to learn; draw one on the picture.")
    for index, ((x0, y0, x1, y1), label) in enumerate(zip(boxes_in_image.tolist(), labels.tolist(), strict=True)):
        if not (math.isfinite(x0 + y0 + x1 + y1) and x0 < x1 and y0 < y1):
            raise TrainingError(f"box {index + 1} has no area ({x0:g}, {y0:g}, {x1:g}, {y1:g}); draw it again.")
        if not 1 <= label < known:
            raise TrainingError(f"box {index + 1} has the label {label}; it must lie between 1 and {known - 1}.")
