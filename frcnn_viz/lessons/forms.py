"""The ways to answer: what an answer is as JSON, how it is read, when two are the same, how it reads and looks.

Names: a `Box` is x0, y0, x1, y1 in pixels of the user's image.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torchvision.ops import box_iou

Box = tuple[float, float, float, float]
Answer = str | list
"""As JSON holds it: a key, or a list of keys or numbers."""
FARTHEST = 1e6
"""Pixels from the origin that a corner can be drawn at."""
SAME_BOX = 0.9
"""The overlap of two boxes that are the same answer."""


class AnswerError(ValueError):
    """What was given is no answer to the question. The message is one plain sentence."""


class Form(ABC):
    """A way to answer."""

    @abstractmethod
    def read(self, value: Any) -> Answer:
        """The answer that `value`, from anywhere, is.

        Raises:
            AnswerError: it is none.
        """

    def same(self, one: Answer, other: Answer) -> bool:
        """Whether two answers count as the same one."""
        return one == other

    @abstractmethod
    def words(self, answer: Answer) -> str:
        """An answer as it is written in a sentence."""

    def boxes(self, answer: Answer) -> list[tuple[Box, str]]:
        """What an answer is on the picture: boxes with their words; none where it is none."""
        return []

    @property
    def offered(self) -> list[tuple[Box, str]]:
        """The boxes that one chooses among, with their words."""
        return []


@dataclass(frozen=True)
class Field:
    """A number that is asked for.

    Attributes:
        label: what it is. unit: written behind it. tolerance: how far from it still counts as it.
        low, high: between which it is taken at all.
    """

    label: str
    unit: str = ""
    tolerance: float = 0.0
    low: float = 0.0
    high: float = 1e9


@dataclass(frozen=True)
class GiveNumbers(Form):
    """One number or several; the answer is a list of them."""

    fields: tuple[Field, ...]

    def read(self, value: Any) -> list[float]:
        """As `Form.read`; whole numbers stay whole."""
        for field, number in zip(self.fields, listed(value, len(self.fields), "number"), strict=True):
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise AnswerError(f"{field.label} is no number; write one.")
            if not field.low <= number <= field.high:  # as it is for nan
                raise AnswerError(f"{field.label} must lie between {field.low:g} and {field.high:g}.")
        return list(value)

    def same(self, one: Answer, other: Answer) -> bool:
        """Each number within its tolerance."""
        rows = zip(self.fields, one, other, strict=True)
        return all(abs(a - b) <= field.tolerance for field, a, b in rows)

    def words(self, answer: Answer) -> str:
        """The numbers with their units; one alone without its label."""
        if len(self.fields) == 1:
            return f"{_number(answer[0])} {self.fields[0].unit}".strip()
        rows = zip(self.fields, answer, strict=True)
        return ", ".join(f"{field.label} {_number(number)}{field.unit and ' '}{field.unit}" for field, number in rows)


@dataclass(frozen=True)
class DrawBox(Form):
    """A box drawn on the picture; the answer is its four corners.

    Attributes:
        start: the box that is moved and resized.
    """

    start: Box

    def read(self, value: Any) -> list[float]:
        """As `Form.read`."""
        for corner in listed(value, 4, "corner"):
            if isinstance(corner, bool) or not isinstance(corner, int | float) or not abs(corner) <= FARTHEST:
                raise AnswerError("The corners of the box are no numbers; draw it again.")
        x0, y0, x1, y1 = (float(corner) for corner in value)
        if not (x1 - x0 >= 1 and y1 - y0 >= 1):
            raise AnswerError("The box is less than a pixel wide or high; draw it larger.")
        return [x0, y0, x1, y1]

    def same(self, one: Answer, other: Answer) -> bool:
        """Overlapping enough."""
        return iou(one, other) >= SAME_BOX

    def words(self, answer: Answer) -> str:
        """Its corners in whole pixels."""
        return f"the box {', '.join(f'{corner:.0f}' for corner in answer)}"

    def boxes(self, answer: Answer) -> list[tuple[Box, str]]:
        """The box."""
        return [(tuple(answer), "")]


def iou(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes of the same frame."""
    return float(box_iou(*(torch.tensor([list(box)], dtype=torch.float64) for box in (one, other))))


def listed(value: Any, count: int | None, what: str) -> list:
    """`value`, where it is a list of `count` things, or of any number of them.

    Raises:
        AnswerError: it is not.
    """
    if not isinstance(value, list) or len(value) > 1000 or count not in (None, len(value)):
        raise AnswerError(
            f"Give {'a list' if count is None else count} of {what}s." if count != 1 else f"Give a {what}."
        )
    return value


def _number(number: float) -> str:
    if isinstance(number, int):
        return f"{number:,}"
    return f"{number:.3g}" if 0 < abs(number) < 0.1 else f"{number:,.2f}".rstrip("0").rstrip(".")
