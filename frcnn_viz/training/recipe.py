"""How a detector is trained: one frozen value, which is written beside what it made."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

DECAYS = ("cosine", "linear", "none")


class TrainingError(ValueError):
    """A training cannot go on. The message is one plain sentence."""


@dataclass(frozen=True)
class Recipe:
    """AdamW on batches of pictures, its rate warmed up, held and let down.

    Attributes:
        steps: of the optimizer, in all. batch: pictures a step.
        learning_rate: the highest. weight_decay: of weights; biases and norms have none.
        warm_up: steps over which the rate rises from nothing. decay: how it falls: cosine, linear or none.
        decay_from: the part of the steps after which it falls; with cosine the end of the warm-up where that is later.
        clip: the longest gradient, over all that learns. batch_norm: whether the norms' statistics follow the batches.
        mirror, upside_down: whether half of the pictures are flipped left to right, top to bottom.
        light: whether each is made a little lighter or darker. zoom_out: the largest canvas a picture is put on, in
            sides of its own; 1 for none.
        half: the backbone computes in bfloat16, which some processors do faster.
    """

    steps: int
    batch: int = 4
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warm_up: int = 40
    decay: str = "linear"
    decay_from: float = 0.6
    clip: float = 5.0
    batch_norm: bool = True
    mirror: bool = True
    upside_down: bool = False
    light: bool = False
    zoom_out: float = 1.0
    half: bool = False

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:  # as it is for nan
                raise TrainingError(f"{name} is {value}; it must lie between {low:,} and {high:,}.")
        if self.decay not in DECAYS:
            raise TrainingError(f"decay is {self.decay!r}; choose one of {', '.join(DECAYS)}.")

    def rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        start = max(self.warm_up, self.decay_from * self.steps)
        done = min(1.0, max(0.0, (step - start) / max(1.0, self.steps - start)))
        left = {"cosine": 0.5 * (1 + math.cos(math.pi * done)), "linear": 1 - done, "none": 1.0}
        return self.learning_rate * left[self.decay]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Recipe:
        """What `to_dict` wrote; what is not there is as it is by default.

        Raises:
            TrainingError: a name is unknown, or a value out of range or of another kind.
        """
        kinds = {field.name: type(getattr(_LIKE, field.name)) for field in fields(cls)}
        for name, value in content.items():
            if name not in kinds:
                raise TrainingError(f"a recipe has no {name!r}; it has {', '.join(kinds)}.")
            fits = isinstance(value, (int, float) if kinds[name] is float else kinds[name])
            if not fits or isinstance(value, bool) != (kinds[name] is bool):
                raise TrainingError(f"{name} of the recipe is {value!r}; it must be of type {kinds[name].__name__}.")
        if "steps" not in content:
            raise TrainingError("the recipe does not say how many steps it has; add `steps`.")
        return cls(**content)


RANGES = {
    "steps": (1, 1_000_000),
    "batch": (1, 64),
    "learning_rate": (0.0, 10.0),
    "weight_decay": (0.0, 1.0),
    "warm_up": (0, 100_000),
    "decay_from": (0.0, 1.0),
    "clip": (0.001, 1e6),
    "zoom_out": (1.0, 4.0),
}
_LIKE = Recipe(steps=1)
