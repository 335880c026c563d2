"""Short trainings that a lesson's answer comes from: a detector learns some objects of one picture by heart.

They run where they are asked for, step by step: between two steps others have the device and torch's generator.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor

from frcnn_viz.lessons.question import Tell
from frcnn_viz.lessons.scene import Scene
from frcnn_viz.pipeline.configure import with_module
from frcnn_viz.pipeline.matching import own_generator
from frcnn_viz.pipeline.memory import digest
from frcnn_viz.pipeline.transform import as_float
from frcnn_viz.pipeline.turns import turn_on
from frcnn_viz.training.loop import Step
from frcnn_viz.training.overfit import RECIPE, Check, Overfit

MOST_WEIGHTS = 5_000_000
"""Of both heads on a processor: with more a step takes seconds."""
MOST_KEPT = 64
"""Outcomes that are remembered of one model."""


@dataclass(frozen=True)
class Trial:
    """What is trained.

    Attributes:
        rows: places of the objects to learn among the scene's. steps: of the training. rate: of its learning.
        fresh: both heads begin with random numbers; else the last layer of the second does, which is new.
    """

    rows: tuple[int, ...]
    steps: int
    rate: float = RECIPE.learning_rate
    fresh: bool = False

    def classes(self, scene: Scene) -> tuple[str, ...]:
        """What it learns, by label from 1."""
        return tuple(sorted({scene.objects.names[row] for row in self.rows}))

    def objects(self, scene: Scene) -> tuple[Tensor, Tensor]:
        """Boxes, float32 [G, 4] in pixels of the picture, and labels, int64 [G]."""
        rows, classes = list(self.rows), self.classes(scene)
        labels = [1 + classes.index(scene.objects.names[row]) for row in rows]
        return scene.objects.boxes_in_image[rows], torch.tensor(labels)

    def code(self, scene: Scene) -> str:
        """Python that leaves its outcome in `outcome`."""
        boxes, labels = self.objects(scene)
        return f"""
from frcnn_viz.lessons.trial import learn

boxes, labels = torch.tensor({boxes.tolist()}), torch.tensor({labels.tolist()})
outcome = learn(model, image, boxes, labels, steps={self.steps}, rate={self.rate!r}, fresh={self.fresh})
"""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of it. steps: what each did. check: what is found at the end."""

    steps: tuple[Step, ...]
    check: Check


def too_slow(scene: Scene) -> str:
    """A detector and a picture that can be trained in a lesson."""
    model, name = scene.detector.model, scene.detector.name
    if not isinstance(model, FasterRCNN) or model.roi_heads.has_mask() or model.roi_heads.has_keypoint():
        return f"Only a plain Faster R-CNN is trained in a lesson, and {name} is none; choose another detector."
    weights = sum(weight.numel() for part in (model.rpn, model.roi_heads) for weight in part.parameters())
    slow = scene.trace.device.type == "cpu" and weights > MOST_WEIGHTS
    return f"Training {name} takes minutes on this computer; choose a smaller detector." if slow else ""


def train(scene: Scene, trial: Trial, tell: Tell) -> Outcome:
    """The outcome of a trial on a scene, whose settings have no part in it; `tell` as `learn` takes it."""
    changes = {"steps": trial.steps, "rate": trial.rate, "fresh": trial.fresh}
    return learn(scene.detector.model, scene.image.pixels, *trial.objects(scene), **changes, tell=tell)


def learn(
    model: FasterRCNN,
    image: Tensor,
    boxes_in_image: Tensor,
    labels: Tensor,
    *,
    steps: int,
    rate: float,
    fresh: bool = False,
    tell: Tell = lambda done, total, words: None,
) -> Outcome:
    """Train the heads on one picture, all numbers drawn by seed 0; what was trained lately is remembered.

    Args:
        model: in evaluation mode; it is only read, and its weights must not change. Its last layer is drawn anew.
        image: as `prepare` takes it.
        boxes_in_image: float32 [G, 4], pixels of the image.
        labels: int64 [G], from 1.
        steps: of the training.
        rate: of its learning.
        fresh: whether both heads are drawn anew.
        tell: told before every step; what it raises ends the training.

    Raises:
        TrainingError: a loss is not finite, or a box has no area.
    """
    key = digest(as_float(image)), digest(boxes_in_image), digest(labels), steps, rate, fresh
    with _LOCK:
        outcome = _KEPT.setdefault(model, OrderedDict()).get(key)
    if outcome is None:
        outcome = _learn(model, image, boxes_in_image, labels, steps, rate, fresh, tell)
        with _LOCK:
            kept = _KEPT[model]
            kept[key] = outcome
            while len(kept) > MOST_KEPT:
                kept.popitem(last=False)
    return outcome


@torch.inference_mode(False)
def _learn(
    model: FasterRCNN,
    image: Tensor,
    boxes_in_image: Tensor,
    labels: Tensor,
    steps: int,
    rate: float,
    fresh: bool,
    tell: Tell,
) -> Outcome:
    device = next(model.parameters()).device
    with own_generator():
        torch.manual_seed(0)
        predictor = FastRCNNPredictor(model.roi_heads.box_predictor.cls_score.in_features, 1 + int(labels.max()))
    heads = with_module(model.roi_heads, "box_predictor", predictor.to(device))
    recipe = replace(RECIPE, steps=steps, learning_rate=rate)
    with turn_on(device).take():
        training = Overfit(with_module(model, "roi_heads", heads), image, boxes_in_image, labels, recipe)
    if fresh:
        _begin_anew(training.heads)
    done: list[Step] = []
    for step in range(steps):
        tell(step, steps, f"step {step + 1} of {steps}")
        with turn_on(device).take(), own_generator():
            done.append(training.loop.advance())
    with turn_on(device).take():
        return Outcome(tuple(done), training.check())


def _begin_anew(heads: FasterRCNN) -> None:
    """Both heads as torchvision makes them, but for the last layer, which is new already."""
    with own_generator():
        torch.manual_seed(0)
        for layer in heads.rpn.head.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=0.01)
                nn.init.zeros_(layer.bias)
        for layer in heads.roi_heads.box_head.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d):
                layer.reset_parameters()


_LOCK = threading.Lock()
_KEPT: WeakKeyDictionary[nn.Module, OrderedDict[Hashable, Outcome]] = WeakKeyDictionary()
