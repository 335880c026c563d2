"""Anchor sizes and ratios as sliders that act while they are dragged: the browser fits the anchors to a whole set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from frcnn_viz import canvas
from frcnn_viz.analysis.anchor_fit import Fit, ObjectsOnGrids
from frcnn_viz.canvas.message import Message
from frcnn_viz.figures.lab import BEST_ANCHOR, OBJECT, objects_in_browser
from frcnn_viz.figures.palette import GREEN, GREY, SELECTED
from frcnn_viz.pipeline.results import NetworkInput
from frcnn_viz.pipeline.settings import LevelTuples, Settings
from frcnn_viz.ui import session, view
from frcnn_viz.ui.components import component
from frcnn_viz.ui.controls import LEVEL_SLIDERS
from frcnn_viz.words import word

_HERE = Path(__file__).parent
WORDS = {
    "recall": "lab.recall",
    "mean_best": "lab.mean_best",
    "gained": "lab.gained",
    "lost": "lab.lost",
    "count": "lab.count",
    "ious": "chart.lab_ious",
    "own": "lab.own",
    "now": "lab.now",
    "sizes": "anchor_sizes",
    "ratios": "aspect_ratios",
}
"""The keys of what is shown, by what the script calls it."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """The objects on a canvas of the page, whose layers (`figures.lab.object_layers`) follow the sliders.

    Attributes:
        canvas: the name that `show_picture` gave it.
        objects: in the order of the layers. names: their classes.
        network_input: of the picture.
    """

    canvas: str
    objects: ObjectsOnGrids
    names: Sequence[str]
    network_input: NetworkInput


def anchor_dials(
    key: str, objects: ObjectsOnGrids, before: Fit, settings: Settings, drawn: Drawn | None = None
) -> None:
    """Show the sliders and what the anchors reach; let go, they change the settings.

    Args:
        key: of the component.
        objects: the whole set, at the resize of the settings.
        before: how well the detector's own anchors fit them, at its own resize.
        settings: with as many levels as the objects have grids.
        drawn: what else follows.
    """

    def turned() -> None:
        message = getattr(view.held(key), "turned", None)
        if read := _read(message):
            session.change_settings(anchor_sizes=read[0], aspect_ratios=read[1])
            answered[key] = str(message.get("serial", ""))[:80]

    answered = view.kept("dials_answered", dict)
    data = pack(objects, before, settings, drawn, answered.get(key, ""))
    _declare()(key=key, data=data, on_turned_change=turned)


def pack(
    objects: ObjectsOnGrids, before: Fit, settings: Settings, drawn: Drawn | None = None, answered: str = ""
) -> bytes:
    """What the browser is sent; `answered` names the last turn that was taken, as the browser named it."""
    message = Message()
    data: dict[str, Any] = {
        "sizes": settings.anchor_sizes,
        "ratios": settings.aspect_ratios,
        "levels": list(objects.level_names),
        "threshold": settings.rpn_fg_iou_thresh,
        "answered": answered,
        "before": message.put(before.iou, "<f4"),
        "words": {name: _told(of) for name, of in WORDS.items()},
        "ranges": {"sizes": LEVEL_SLIDERS["anchor_sizes"][1:], "ratios": LEVEL_SLIDERS["aspect_ratios"][1:]},
        "colours": [GREY, GREEN, SELECTED],
        "set": _put(message, objects),
    }
    if drawn:
        (image_h, image_w), (input_h, input_w) = drawn.network_input.image_size, drawn.network_input.input_size
        data |= {
            "drawn": _put(message, drawn.objects),
            "canvas": f"st-key-{drawn.canvas}_canvas",
            "layers": [BEST_ANCHOR, OBJECT],
            "names": list(drawn.names),
            "scale": [image_w / input_w, image_h / input_h],
        }
    return message.pack(data)


def _told(key: str) -> dict[str, str]:
    told = word(key)
    return {"term": told.term, "hover": told.plain_hover}


def _put(message: Message, objects: ObjectsOnGrids) -> dict[str, object]:
    return {name: message.put(values, values.dtype.str) for name, values in objects_in_browser(objects).items()}


def _read(message: Any) -> tuple[LevelTuples, LevelTuples] | None:
    """Sizes and ratios that the browser sent, or None where it is not what the sliders send."""
    try:
        levels = [[[float(value) for value in of] for of in message[name]] for name in ("sizes", "ratios")]
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if not all(math.isfinite(value) for of in levels for values in of for value in values):
        return None
    sizes, ratios = (tuple(map(tuple, of)) for of in levels)
    return sizes, ratios


def script() -> str:
    """The ES module that runs there."""
    own = (_HERE / "anchor_dials.js").read_text(encoding="utf-8")
    return "\n".join([*map(canvas.read, ("decode.js", "nms.js", "anchor_fit.js", "hold.js")), own])


@cache
def _declare() -> Any:
    return component(
        "anchor_dials",
        html='<div class="anchor-dials"></div>',
        css=(_HERE / "anchor_dials.css").read_text(encoding="utf-8"),
        js=script(),
    )
