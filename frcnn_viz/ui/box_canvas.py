"""The canvas on a page: an image with boxes on it, filtered, zoomed, picked and edited in the browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from frcnn_viz import canvas
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.ui import view
from frcnn_viz.ui.components import component
from frcnn_viz.ui.edits import Edit, EditError, read_edit
from frcnn_viz.ui.images import array_url

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Pick:
    """What was clicked: a box of a layer (`id` as the layer gave it), or a bare point; image pixels."""

    x: float
    y: float
    layer: str | None
    id: int | None


def box_canvas(
    scene: CanvasScene,
    key: str,
    on_pick: Callable[[Pick], None] = lambda pick: None,
    on_dials: Callable[[dict[str, float]], None] = lambda values: None,
    on_edit: Callable[[Edit], None] = lambda edit: None,
    on_frame: Callable[[int], None] = lambda frame: None,
) -> Pick | None:
    """Show a scene; returns what was clicked in this run, or None.

    `on_pick` is called with it before the script runs again, so what it selects is shown at once; `on_dials` with
    what dials were turned to, by setting, once they are let go; `on_edit` with every finished change by the tools;
    `on_frame` with the frame of a film at which the user rests.

    Zoom, hidden groups and filters live in the browser and outlast reruns; filtering costs no round trip.
    """

    def picked() -> None:
        pick = _read(view.held(key))
        if pick and _is_there(pick, scene):
            on_pick(pick)

    def dialled() -> None:
        message = getattr(view.held(key), "dials", None)
        if not isinstance(message, dict) or not isinstance(message.get("values"), dict):
            return
        number = lambda value: isinstance(value, int | float) and abs(value) < math.inf  # noqa: E731
        on_dials({name: value for name, value in message["values"].items() if name in offered and number(value)})
        answered[key] = str(message.get("serial", ""))[:80]

    def edited() -> None:
        message = getattr(view.held(key), "edit", None)
        if message is None or scene.tools is None:
            return
        try:
            edit = read_edit(message, (scene.height, scene.width))
        except EditError as error:
            view.tell(str(error))
        else:
            on_edit(edit)

    def framed() -> None:
        frame = getattr(view.held(key), "frame", None)
        if scene.film and isinstance(frame, int) and 0 <= frame < len(scene.film.urls):
            on_frame(int(frame))

    offered = {dial.setting for layer in scene.layers if layer.sieve for dial in layer.sieve.dials.values()}
    answered = view.kept("dials_answered", dict)
    on_screen()[key] = scene
    data = replace(scene, answered=answered.get(key, "")).pack(array_url)
    changes = {"on_pick_change": picked, "on_dials_change": dialled, "on_edit_change": edited}
    changes["on_frame_change"] = framed
    return _read(_declare()(key=key, data=data, **changes))


def on_screen() -> dict[str, CanvasScene]:
    """The scenes that the page has shown since this was cleared, by the canvas's key."""
    return view.kept("canvases", dict)


def canvas_panel(key: str) -> None:
    """A place for the controls of the canvas of this key; without one they stand above its picture."""
    _declare_panel()(key=f"{key}_panel", data={"key": key})


def _is_there(pick: Pick, scene: CanvasScene) -> bool:
    """Whether what was clicked is in the scene: the browser may have had an older one."""
    if pick.layer is None:
        return True
    layer = next((one for one in scene.layers if one.name == pick.layer), None)
    if layer is None or pick.id is None:
        return False
    count = len(layer.boxes_in_image)
    return pick.id < count if layer.ids is None else bool((layer.ids == pick.id).any())


def _read(result: Any) -> Pick | None:
    """What the browser sent, or None where it is not what the canvas sends."""
    pick = getattr(result, "pick", None)
    if not pick:
        return None
    try:
        x, y, number = float(pick["x"]), float(pick["y"]), pick.get("id")
        number = None if number is None else int(number)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None
    sound = math.isfinite(x) and math.isfinite(y) and (number is None or number >= 0)
    return Pick(x, y, pick.get("layer"), number) if sound else None


@cache
def _declare() -> Any:
    return component(
        "box_canvas",
        html='<div class="canvas-host"></div>',
        css=canvas.read("canvas.css"),
        js=canvas.module() + _script("box_canvas.js"),
    )


@cache
def _declare_panel() -> Any:
    return component(
        "canvas_panel",
        html='<div class="canvas-panel"></div>',
        css=canvas.read("canvas.css"),
        js=_script("canvas_panel.js"),
    )


def _script(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
