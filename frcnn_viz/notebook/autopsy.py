"""Why objects were missed, beside their picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frcnn_viz.analysis.examination import Examination, examine_image
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.autopsy import alarm_layer, evidence_layers, object_layer, object_rows
from frcnn_viz.notebook.shown import shown
from frcnn_viz.notebook.story import Story
from frcnn_viz.notebook.views import Chosen, number_of
from frcnn_viz.pipeline.tables import text_table

if TYPE_CHECKING:
    from frcnn_viz.notebook.still import Still
    from frcnn_viz.notebook.widget import CanvasWidget


def autopsy(story: Story, truth: GroundTruth) -> Verdicts:
    """Which stage lost each object of a picture, and what is wrong with each false alarm.

    Args:
        story: from `trace`.
        truth: what is really on the picture.
    """
    return Verdicts(story, truth, examine_image(story.detector, story, truth))


@dataclass(frozen=True, eq=False, repr=False)
class Verdicts:
    """What became of the objects of a picture; its `repr` is a table, a line an object.

    Attributes:
        story: the trace it was read from.
        truth: the objects.
        examination: the `Examination`, with the findings and the false alarms.
    """

    story: Story
    truth: GroundTruth
    examination: Examination

    def __repr__(self) -> str:
        found = self.examination
        rows = object_rows(self.truth, found.findings)
        for row in rows:
            row["why"] = found.findings[row["object"]].sentence
        return text_table(found.told, rows)

    def show(self) -> CanvasWidget | Still:
        """The canvas with the objects by verdict. One that is clicked shows the box that got furthest at each stage."""
        return shown(AutopsyView(self.story, self))


@dataclass(frozen=True, eq=False)
class AutopsyView:
    """The verdicts on their picture."""

    story: Story
    verdicts: Verdicts

    def scenes(self, chosen: Chosen | None) -> list[CanvasScene]:
        """The one picture, with the evidence of the chosen object."""
        story, truth, found = self.story, self.verdicts.truth, self.verdicts.examination
        height, width = story.source.shape[-2:]
        layers = [
            object_layer(truth, found.findings),
            alarm_layer(found.detections, found.labels, found.scores, story.detector.classes, found.alarms),
        ]
        number = number_of(chosen, "object", len(truth))
        if number is not None:
            layers += evidence_layers(story, found.findings[number])
        told = [] if number is None else [chosen]
        return [CanvasScene(story.url, width, height, layers, chosen=told, caption=f"{story.name}, why missed")]

    def kind(self, panel: int, layer: str) -> str:
        """An object."""
        return layer if layer == "object" else ""

    def with_dials(self, values: Mapping[str, float]) -> AutopsyView:
        """The same: there are no sliders of settings here."""
        return self

    def text(self) -> str:
        """A line an object, misses first."""
        return repr(self.verdicts)
