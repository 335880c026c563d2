"""Two stories side by side: what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from frcnn_viz.analysis.comparison import Difference, Found, Pair, compare_detections
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.figures.comparison import SIDES, chosen_layer, difference_layers
from frcnn_viz.notebook.shown import shown
from frcnn_viz.notebook.story import Story
from frcnn_viz.notebook.views import Chosen, number_of
from frcnn_viz.pipeline.memory import digest
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.tables import text_table

if TYPE_CHECKING:
    from frcnn_viz.notebook.still import Still
    from frcnn_viz.notebook.widget import CanvasWidget


def compare(a: Story, b: Story) -> CanvasWidget | Still:
    """The detections of two stories of one picture side by side, turned together, coloured by what differs.

    Args:
        a: from `trace`, such as a detector's own settings.
        b: the other, such as `a.at(box_nms_thresh=0.7)` or another detector's on the same image.

    Raises:
        ValueError: the pictures differ.
    """
    if a.source.shape != b.source.shape or digest(a.source) != digest(b.source):
        raise ValueError(f"{a.name} and {b.name} are different pictures; compare two traces of one.")
    found = {side: Found.of(of.detections, of.detector.classes) for side, of in zip(SIDES, (a, b), strict=True)}
    return shown(Comparison(a, b, found, compare_detections(found["a"], found["b"]), f"compare {uuid4()}"))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two stories of one picture.

    Attributes:
        story, other: A and B. found: their detections. pairs: every detection of both once.
        link: names the two canvases that are turned together.
    """

    story: Story
    other: Story
    found: dict[str, Found]
    pairs: list[Pair]
    link: str

    def scenes(self, chosen: Chosen | None) -> list[CanvasScene]:
        """A's picture and B's; what is chosen on one side is marked on both."""
        marked = self._pair(chosen)
        height, width = self.story.source.shape[-2:]
        shared = {"url": self.story.url, "width": width, "height": height, "link": self.link}
        return [
            CanvasScene(
                layers=[
                    *difference_layers(self.found, self.pairs, side),
                    chosen_layer(self.found[side], marked and getattr(marked, side)),
                ],
                controls=side == "b",
                caption=f"{side.upper()}: {_told(story)}",
                **shared,
            )
            for side, story in zip(SIDES, (self.story, self.other), strict=True)
        ]

    def _pair(self, chosen: Chosen | None) -> Pair | None:
        for side in self.found:
            number = number_of(chosen, side, len(self.found[side].names))
            if number is not None:
                return next(pair for pair in self.pairs if getattr(pair, side) == number)
        return None

    def kind(self, panel: int, layer: str) -> str:
        """The side, of which a detection is chosen."""
        return "ab"[panel] if layer == "found" else ""

    def with_dials(self, values: Mapping[str, float]) -> Comparison:
        """The same: there are no sliders of settings here."""
        return self

    def text(self) -> str:
        """How many detections are the same, moved, rescored or found by one alone."""
        counts = Counter(pair.difference for pair in self.pairs)
        rows = [{"difference": kind.value, "detections": counts[kind]} for kind in Difference]
        return text_table(f"A: {_told(self.story)}\nB: {_told(self.other)}", rows)


def _told(story: Story) -> str:
    changed = story.settings.changes(Settings.of(story.model))
    return ", ".join([story.name, story.detector.title, *(f"{name} {value}" for name, value in changed.items())])
