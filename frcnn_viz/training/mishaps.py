"""Seven ways in which a training goes wrong: what each spoils of a plan in which nothing is wrong.

The set is small and mixed: every second scene lies in fog. Its classes are in the alphabet's order, as a folder of
files gives them, so that the detector's last layer is new and has to be learnt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor

from frcnn_viz.data.annotations import AnnotatedImage, Object
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.scenes import CLASSES as SCENE_CLASSES
from frcnn_viz.data.scenes import PRESETS
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.samples import Samples
from frcnn_viz.training.scenes import HELD_OUT_SEED, draw_half_size

CLASSES = tuple(sorted(SCENE_CLASSES))
KINDS = ("ordinary", "low-contrast")
"""Of the scenes, by turns."""
SCENES, HELD_OUT = 16, 8
FIRST_SCENE = HELD_OUT_SEED + 1_014_000
"""From here on each object of the set can be reached by an anchor, so that there is nothing to find in the control."""
SMALL = (2.0, 3.0, 4.0, 6.0, 8.0)
"""Sides of the anchors that fit nothing, of each map, input pixels; the detector's own are 12, 24, 48, 96, 176."""
DETECTOR = Variant("street-fpn", CLASSES, min_size=160, max_size=320)
RECIPE = Recipe(steps=60, batch=1, warm_up=10, batch_norm=False)


@dataclass(frozen=True, eq=False)
class Plan:
    """What a training is given.

    Attributes:
        samples: pictures and what is said to be on them. names: of each object the class that its file names.
        detector: its classes are `CLASSES`. recipe: how it learns.
    """

    samples: Samples
    names: Sequence[tuple[str, ...]]
    detector: Variant = DETECTOR
    recipe: Recipe = RECIPE

    @property
    def annotated(self) -> list[AnnotatedImage]:
        """The same as a check before training takes it."""
        rows = zip(self.samples.images, self.samples.boxes, self.names, strict=True)
        return [
            AnnotatedImage(
                f"scene-{number}.png",
                tuple(Object(tuple(box), name) for box, name in zip(boxes.tolist(), names, strict=True)),
                width=image.shape[2],
                height=image.shape[1],
            )
            for number, (image, boxes, names) in enumerate(rows)
        ]

    def with_boxes(self, boxes: Sequence[Tensor]) -> Plan:
        """The same with other boxes, as many."""
        return replace(self, samples=replace(self.samples, boxes=boxes))

    def take(self, wanted: Sequence[Tensor]) -> Plan:
        """With some of the objects: for each picture bool [n]."""
        held = self.samples
        boxes = [one[good] for one, good in zip(held.boxes, wanted, strict=True)]
        labels = [one[good] for one, good in zip(held.labels, wanted, strict=True)]
        names = [
            tuple(name for name, stays in zip(of, good.tolist(), strict=True) if stays)
            for of, good in zip(self.names, wanted, strict=True)
        ]
        return replace(self, samples=Samples(held.images, boxes, labels), names=names)


@dataclass(frozen=True)
class Mishap:
    """One thing that goes wrong.

    Attributes:
        name: in `mishap.NAME` of the word list. spoil: a plan with it, from one without; nothing is written to.
    """

    name: str
    spoil: Callable[[Plan], Plan]


@cache
def sane() -> Plan:
    """The plan of the control; it is shared, and never written to."""
    samples = drawn(FIRST_SCENE, SCENES)
    return Plan(samples, [tuple(CLASSES[label - 1] for label in labels) for labels in samples.labels])


@cache
def held_out() -> Samples:
    """Scenes that no training here sees, on which all are measured."""
    return drawn(FIRST_SCENE + SCENES, HELD_OUT)


def truths() -> list[GroundTruth]:
    """What is on them, each at its own size."""
    rows = zip(held_out().boxes, held_out().labels, strict=True)
    return [GroundTruth(boxes, tuple(CLASSES[label - 1] for label in labels)) for boxes, labels in rows]


def drawn(first: int, count: int) -> Samples:
    """So many scenes from a seed on, in the order of `KINDS`; labels are places in `CLASSES`, from 1."""
    scenes = [draw_half_size(first + place, PRESETS[KINDS[place % len(KINDS)]]) for place in range(count)]
    images, boxes, labels = zip(*scenes, strict=True)
    places = torch.tensor([0, *(1 + CLASSES.index(name) for name in SCENE_CLASSES)])
    return Samples(images, [torch.from_numpy(one) for one in boxes], [places[torch.from_numpy(one)] for one in labels])


def rate_too_high(plan: Plan) -> Plan:
    """A hundred times the rate that is good: 0.1 is what one writes for SGD, and AdamW divides by the gradient."""
    return replace(plan, recipe=replace(plan.recipe, learning_rate=0.1))


def not_a_number(plan: Plan) -> Plan:
    """The boxes of one picture in parts of its width and back, where its file says that the width is 0."""
    boxes = list(plan.samples.boxes)
    sides = torch.tensor([0.0, plan.samples.images[0].shape[1]] * 2)
    boxes[0] = boxes[0] / sides * sides
    return plan.with_boxes(boxes)


def off_by_one(plan: Plan) -> Plan:
    """Labels from 0, where 0 is the background."""
    return replace(plan, samples=replace(plan.samples, labels=[labels - 1 for labels in plan.samples.labels]))


def no_anchor_fits(plan: Plan) -> Plan:
    """Anchors far smaller than any object."""
    sizes, ratios = tuple((size,) for size in SMALL), ((0.5, 1.0, 2.0),) * len(SMALL)
    return replace(plan, detector=replace(plan.detector, anchor_sizes=sizes, aspect_ratios=ratios))


def batch_norm_of_one(plan: Plan) -> Plan:
    """Norms that learn, from one picture a step."""
    return replace(plan, recipe=replace(plan.recipe, batch_norm=True, batch=1))


def background_only(plan: Plan) -> Plan:
    """No object left of any picture."""
    return plan.take([torch.zeros(len(labels), dtype=torch.bool) for labels in plan.samples.labels])


def wrong_frame(plan: Plan) -> Plan:
    """Files that hold x, y, width, height, read as two corners."""
    return plan.with_boxes([torch.cat([one[:, :2], one[:, 2:] - one[:, :2]], dim=1) for one in plan.samples.boxes])


CONTROL = Mishap("control", lambda plan: plan)
MISHAPS = {
    one.name: one
    for one in (
        CONTROL,
        Mishap("rate", rate_too_high),
        Mishap("nan", not_a_number),
        Mishap("label", off_by_one),
        Mishap("anchors", no_anchor_fits),
        Mishap("batch_norm", batch_norm_of_one),
        Mishap("background", background_only),
        Mishap("frame", wrong_frame),
    )
}
"""By name, the control first."""
