"""A view, or two beside each other, as one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from frcnn_viz.analysis.report import describe_trace
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.figures.detections import DIALS, held_candidates, refined_layer
from frcnn_viz.figures.detections import table as detection_rows
from frcnn_viz.figures.dials import dial_of
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.report.elements import el, table
from frcnn_viz.report.page import page
from frcnn_viz.report.picture import Shot, figure
from frcnn_viz.report.sections import code_section, section, settings_section, stages_section
from frcnn_viz.words import word


@dataclass(frozen=True, eq=False)
class Seen:
    """What was looked at.

    Attributes:
        name: in words. detector, image, trace: what was looked at, and with what.
        code: a program that gives the same. link: what brings it back in the app, behind its address; or empty.
    """

    name: str
    detector: Detector
    image: LoadedImage
    trace: Trace
    code: str
    link: str = ""


def usual_shot(of: Seen) -> Shot:
    """The refined boxes of a view, with the sliders of the final filter."""
    rows, _ = held_candidates(of.trace)
    dials = {role: dial_of(of.trace.settings, name) for role, name in DIALS.items()}
    height, width = of.image.size
    layers = [refined_layer(of.trace, of.detector.classes, rows, dials)]
    return Shot(CanvasScene("", width, height, layers, caption=of.name), of.image.image)


def view_report(title: str, lead: str, shots: Sequence[Shot], seen: Sequence[Seen]) -> str:
    """The file.

    Args:
        title: of what was looked at.
        lead: a sentence on it.
        shots: its canvases; two stand side by side.
        seen: one view, or the two that are compared.
    """
    panel = el("div", class_="canvas-panel")
    pictures = el("div", *map(figure, shots), panel, class_="view pair" if len(shots) > 1 else "view")
    body = [pictures, *(part for of in seen for part in _parts(of, len(seen) > 1))]
    return page(title, lead, body, {"views": [describe_trace(of.detector, of.image, of.trace) for of in seen]})


def _parts(of: Seen, named: bool) -> list[Element]:
    heading = [el("h2", of.name)] if named else []
    link = [section("report.link", el("p", el("code", of.link)))] if of.link else []
    return [
        *heading,
        stages_section(of.trace),
        _detections(of),
        settings_section(of.trace.settings, Settings.of(of.detector.model)),
        *link,
        code_section(of.code),
    ]


def _detections(of: Seen) -> Element:
    rows = detection_rows(of.trace, of.detector.classes)
    if not rows:
        return section("report.detections", el("p", word("report.no_detections").sentence))
    cells = [[f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    return section("report.detections", table(list(rows[0]), cells))
