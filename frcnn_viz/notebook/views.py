"""What a canvas of a notebook can show: scenes, words, and what a click in them means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from frcnn_viz.canvas.scene import CanvasScene

if TYPE_CHECKING:
    from frcnn_viz.notebook.traced import NamedTrace

Chosen = tuple[str, int]
"""Kind and number of what is chosen, such as `("candidate", 12)`."""


class View(Protocol):
    """One or two pictures, side by side.

    Attributes:
        story: whose settings its sliders turn.
    """

    story: NamedTrace

    def scenes(self, chosen: Chosen | None) -> list[CanvasScene]:
        """The pictures, with what belongs to what is chosen; what is not there is taken for nothing."""

    def kind(self, panel: int, layer: str) -> str:
        """What a click on a box of a layer of a picture chooses; empty where it chooses nothing."""

    def with_dials(self, values: Mapping[str, float]) -> View:
        """The same at settings that sliders were turned to."""

    def text(self) -> str:
        """The same as plain text."""


def number_of(chosen: Chosen | None, kind: str, count: int) -> int | None:
    """The number of what is chosen, if it is of this kind and one of so many."""
    return chosen[1] if chosen is not None and chosen[0] == kind and 0 <= chosen[1] < count else None
