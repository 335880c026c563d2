"""A detector of the registry with other classes, anchors or input size: what a run trains, and what its steps are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.rpn import RPNHead

from frcnn_viz.data.annotations import UNNAMED, clean_class
from frcnn_viz.models.entry import BACKGROUND, ModelError
from frcnn_viz.pipeline.settings import LEVEL_RANGES, MAX_VALUES_PER_LEVEL, RANGES, Settings

Levels = tuple[tuple[float, ...], ...]
MAX_CLASSES = 1_000
MAX_LEVELS = 16
MAX_NAME = 200
"""Characters of a detector's name."""


@dataclass(frozen=True)
class Variant:
    """What differs from a detector of the registry.

    Attributes:
        base: its name.
        classes: by label from 1, without the background; () for the base's. Where they differ from the base's, the box
            predictor is a new one.
        anchor_sizes, aspect_ratios: for each feature map; () for the base's. Where another number of anchors a cell
            follows, the RPN's two last layers are new.
        min_size, max_size: of the network's input, pixels; 0 for the base's.
        random_weights: nothing of the base's weights is taken.
    """

    base: str = "street-fpn"
    classes: tuple[str, ...] = ()
    anchor_sizes: Levels = ()
    aspect_ratios: Levels = ()
    min_size: int = 0
    max_size: int = 0
    random_weights: bool = False

    def __post_init__(self) -> None:
        if not 0 < len(self.base) <= MAX_NAME:
            raise ModelError(f"the base's name has {len(self.base):,} characters; write one of `models list`.")
        if len(self.classes) > MAX_CLASSES:
            raise ModelError(f"these are {len(self.classes):,} classes; at most {MAX_CLASSES:,} can be learnt.")
        for name in self.classes:
            if name != (clean_class(name) or UNNAMED):
                raise ModelError(f"a class cannot be called {name[:80]!r}; call it {clean_class(name) or UNNAMED!r}.")
        twice = next((name for name in self.classes if self.classes.count(name) > 1), None)
        if twice is not None:
            raise ModelError(f"the class {twice!r} is there twice; leave one out.")
        for name, bounds in LEVEL_RANGES.items():
            _check_levels(name, getattr(self, name), bounds)
        for name in ("min_size", "max_size"):
            value, (low, high) = getattr(self, name), RANGES[name]
            if value and not low <= value <= high:
                raise ModelError(f"{name} is {value}; it must lie between {low} and {high}, or be 0 for the base's.")

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it; what is the base's own is left out."""
        held = {name: getattr(self, name) for name in KINDS}
        return {"base": self.base, **{name: value for name, value in held.items() if value and name != "base"}}

    @classmethod
    def from_dict(cls, content: Any) -> Variant:
        """What `to_dict` wrote.

        Raises:
            ModelError: a name is unknown, or a value out of range or of another kind.
        """
        if not isinstance(content, dict):
            raise ModelError(f"a detector is {str(content)[:80]!r}; write what it is by name, its base first.")
        for name, value in content.items():
            if name not in KINDS:
                raise ModelError(f"a detector has no {str(name)[:80]!r}; it has {', '.join(KINDS)}.")
            if not KINDS[name](value):
                raise ModelError(f"{name} of the detector is {str(value)[:80]!r}, which is of another kind.")
        made = {name: tuple(value) if name == "classes" else value for name, value in content.items()}
        made |= {name: _levels(content[name]) for name in LEVEL_RANGES if name in content}
        return cls(**made)

    def labels(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Its classes by label, the background first; `classes` are the base's so."""
        return (BACKGROUND, *self.classes) if self.classes else tuple(classes)


def alter(model: GeneralizedRCNN, variant: Variant, classes: Sequence[str]) -> FasterRCNN:
    """Make a model of the base into the variant, in place; new layers are drawn from torch's global generator.

    Args:
        model: of the base, the caller's alone.
        variant: what is to differ.
        classes: of the base by label, the background first.

    Raises:
        ModelError: it has heads for masks or keypoints, or the anchors are not one set for each of its maps.
    """
    if not isinstance(model, FasterRCNN) or model.roi_heads.has_mask() or model.roi_heads.has_keypoint():
        raise ModelError(f"{variant.base} is no plain Faster R-CNN, and only these can be trained; choose another.")
    own, device = Settings.of(model), next(model.parameters()).device
    sizes, ratios = variant.anchor_sizes or own.anchor_sizes, variant.aspect_ratios or own.aspect_ratios
    if (sizes, ratios) != (own.anchor_sizes, own.aspect_ratios):
        _set_anchors(model, sizes, ratios, variant.base)
    low, high = variant.min_size or own.min_size, variant.max_size or own.max_size
    if low > high:
        raise ModelError(f"min_size {low} is over max_size {high}; lower it or raise max_size.")
    if (low, high) != (own.min_size, own.max_size):
        model.transform.min_size, model.transform.max_size = (low,), high
    labels = variant.labels(classes)
    if labels != tuple(classes):
        features = model.roi_heads.box_predictor.cls_score.in_features
        model.roi_heads.box_predictor = FastRCNNPredictor(features, len(labels))
    return model.to(device)  # new layers are made on the CPU, with the same numbers for every device


def _set_anchors(model: FasterRCNN, sizes: Levels, ratios: Levels, base: str) -> None:
    before, maps = model.rpn.anchor_generator.num_anchors_per_location(), len(model.rpn.anchor_generator.sizes)
    if len(sizes) != maps or len(ratios) != maps:
        raise ModelError(
            f"there are anchor sizes for {len(sizes)} and ratios for {len(ratios)} maps, and {base} has {maps}; "
            "give both for each."
        )
    generator = AnchorGenerator(sizes, ratios)
    counts = generator.num_anchors_per_location()
    if len(set(counts)) > 1:
        raise ModelError(
            f"there are {', '.join(map(str, counts))} anchors a cell on the maps; give each map as many, "
            "since one RPN head serves them all."
        )
    model.rpn.anchor_generator = generator
    if counts != before:
        model.rpn.head = _fitting(model.rpn.head, counts[0])


def _fitting(head: RPNHead, anchors: int) -> RPNHead:
    """An RPN head for so many anchors a cell, with the given one's weights where the shapes allow."""
    made = RPNHead(head.cls_logits.in_channels, anchors, conv_depth=len(head.conv))
    shapes = {name: tensor.shape for name, tensor in made.state_dict().items()}
    kept = {name: tensor for name, tensor in head.state_dict().items() if shapes.get(name) == tensor.shape}
    made.load_state_dict(kept, strict=False)
    return made


def _check_levels(name: str, levels: Levels, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if len(levels) > MAX_LEVELS:
        raise ModelError(f"{name} has {len(levels)} levels; at most {MAX_LEVELS} can be given.")
    for level, values in enumerate(levels):
        if not 1 <= len(values) <= MAX_VALUES_PER_LEVEL:
            raise ModelError(f"{name} of level {level} has {len(values)} values; give 1 to {MAX_VALUES_PER_LEVEL}.")
        for value in values:
            if not low <= value <= high:  # as it is for nan
                raise ModelError(f"{name} of level {level} holds {value}; it must lie between {low} and {high}.")


def _levels(content: Sequence[Sequence[float]]) -> Levels:
    return tuple(tuple(map(float, level)) for level in content)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def _each(good: Any) -> Any:
    return lambda value: isinstance(value, list | tuple) and all(map(good, value))


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: Any) -> bool:
    return isinstance(value, str)


KINDS = {
    "base": _text,
    "classes": _each(_text),
    "anchor_sizes": _each(_each(_number)),
    "aspect_ratios": _each(_each(_number)),
    "min_size": _whole,
    "max_size": _whole,
    "random_weights": lambda value: isinstance(value, bool),
}
