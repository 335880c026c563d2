"""The box that the probe asks about: drawn on the picture, and kept in the link."""

from __future__ import annotations

from collections.abc import Callable

from frcnn_viz.canvas.scene import Tools
from frcnn_viz.data.annotations import Object
from frcnn_viz.figures.palette import SELECTED
from frcnn_viz.ui import session, view
from frcnn_viz.ui.edits import Edit
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option

PROBE, BOX = "probe", Option("probe.box", "")
Box = tuple[float, float, float, float]


def probed_box(here: Session) -> Box:
    """Where the probe is: as drawn on this image, else on the selected proposal, else in the middle."""
    if drawn := _drawn_box(here, BOX.value):
        return drawn
    chosen = session.selected("proposal")
    if chosen is not None and chosen < len(here.trace.proposals):
        return tuple(here.trace.input.boxes_in_image(here.trace.proposals.boxes[chosen][None])[0].tolist())
    height, width = here.image.size
    return width * 0.4, height * 0.4, width * 0.6, height * 0.6


def _drawn_box(here: Session, text: str) -> Box | None:
    """What the link says was drawn, where that was on this image and is a box inside it."""
    image, *corners = text.split("_")
    height, width = here.image.size
    try:
        x0, y0, x1, y1 = map(float, corners)
    except ValueError:
        return None
    inside = 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height
    return (x0, y0, x1, y1) if inside and image == here.image.sha256[:8] else None


def probe_tools(here: Session, box: Box) -> Tools:
    """The tools of the canvas, with the probe in them."""
    epoch = f"{here.image.sha256[:16]} {view.restored()}"
    serial = view.kept("probe", dict).get("serial", "")
    return Tools([Object(box, PROBE)], [PROBE], [SELECTED], epoch, serial, annotates=False)


def moved_probe(here: Session) -> Callable[[Edit], None]:
    """What to do with an edit: the box drawn last becomes the probe."""

    def moved(edit: Edit) -> None:
        usable = [one for one in edit.objects if one.usable]
        if usable:
            BOX.set("_".join([here.image.sha256[:8], *(f"{corner:.2f}" for corner in usable[-1].box)]))
            view.kept("probe", dict)["serial"] = edit.serial

    return moved
