"""The ways to answer by choosing: one of several, some of them, all in an order, or one of all anchors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from frcnn_viz.lessons.forms import Answer, AnswerError, Box, Form, listed


@dataclass(frozen=True)
class Alternative:
    """Something to choose.

    Attributes:
        key: names it in the answer. label: for the student. box: what it is on the picture, if anything.
    """

    key: str
    label: str
    box: Box | None = None


@dataclass(frozen=True)
class _Choosing(Form):
    """Alternatives, in the order in which they are shown."""

    alternatives: tuple[Alternative, ...]

    def __post_init__(self) -> None:
        keys = [one.key for one in self.alternatives]
        if len(keys) < 2 or len(set(keys)) < len(keys):
            raise ValueError(f"expected two alternatives or more, each with a key of its own, got {keys}")

    @property
    def by_key(self) -> dict[str, Alternative]:
        """The alternatives by their keys."""
        return {one.key: one for one in self.alternatives}

    def _known(self, keys: Sequence[Any]) -> None:
        for key in keys:
            if not isinstance(key, str) or key not in self.by_key:
                raise AnswerError(f"{str(key)[:40]!r} is not one of {', '.join(self.by_key)}.")

    def words(self, answer: Answer) -> str:
        """The labels of what was chosen."""
        keys = [answer] if isinstance(answer, str) else answer
        return "; ".join(self.by_key[key].label for key in keys) or "none of them"

    def boxes(self, answer: Answer) -> list[tuple[Box, str]]:
        """Of what was chosen, as far as it has boxes."""
        keys = [answer] if isinstance(answer, str) else answer
        return _boxes(self.by_key[key] for key in keys)

    @property
    def offered(self) -> list[tuple[Box, str]]:
        """Of all of them."""
        return _boxes(self.alternatives)


@dataclass(frozen=True)
class ChooseOne(_Choosing):
    """One of several; the answer is its key."""

    def read(self, value: Any) -> str:
        """As `Form.read`."""
        self._known([value])
        return value


@dataclass(frozen=True)
class ChooseSome(_Choosing):
    """Any of several, or none; the answer is the list of their keys, in the order in which they are shown."""

    def read(self, value: Any) -> list[str]:
        """As `Form.read`; the order of what is given does not matter."""
        self._known(listed(value, None, "choice"))
        return [key for key in self.by_key if key in value]


@dataclass(frozen=True)
class PutInOrder(_Choosing):
    """All of several, the first first; the answer is the list of their keys."""

    def read(self, value: Any) -> list[str]:
        """As `Form.read`."""
        self._known(listed(value, len(self.alternatives), "place"))
        if len(set(value)) < len(value):
            raise AnswerError("Each must be in the order once.")
        return list(value)


@dataclass(frozen=True, eq=False)
class PickAnchor(Form):
    """One of all anchors; the answer is its level, row, column and shape within the cell, counted from 0.

    Attributes:
        names: of the levels. grid_sizes: rows and columns of each. shapes: for each the names of a cell's anchors.
        box_of: the box of a place, in pixels of the user's image.
    """

    names: tuple[str, ...]
    grid_sizes: tuple[tuple[int, int], ...]
    shapes: tuple[tuple[str, ...], ...]
    box_of: Callable[[int, int, int, int], Box]

    def read(self, value: Any) -> list[int]:
        """As `Form.read`."""
        place = listed(value, 4, "number")
        if not all(isinstance(number, int) and not isinstance(number, bool) for number in place):
            raise AnswerError("A cell and its anchor are four whole numbers.")
        level, row, column, shape = place
        if not 0 <= level < len(self.names):
            raise AnswerError(f"There is no level {level}; they are 0 to {len(self.names) - 1}.")
        (rows, columns), count = self.grid_sizes[level], len(self.shapes[level])
        if not (0 <= row < rows and 0 <= column < columns and 0 <= shape < count):
            raise AnswerError(f"Level {self.names[level]} has {rows} x {columns} cells with {count} anchors each.")
        return list(place)

    def words(self, answer: Answer) -> str:
        """Level, row, column, and the anchor's shape."""
        level, row, column, shape = answer
        return f"level {self.names[level]}, row {row}, column {column}, {self.shapes[level][shape]}"

    def boxes(self, answer: Answer) -> list[tuple[Box, str]]:
        """The anchor."""
        return [(self.box_of(*answer), self.words(answer))]


def _boxes(alternatives: Iterable[Alternative]) -> list[tuple[Box, str]]:
    """Named by what of their label comes before a colon: on the picture there is no room for more."""
    return [(one.box, one.label.partition(":")[0]) for one in alternatives if one.box is not None]
