"""A page's picture: the canvas with the image in view, at the present look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.figures.lessons import mark_layer, thin
from frcnn_viz.ui import view
from frcnn_viz.ui.box_canvas import Pick, box_canvas
from frcnn_viz.ui.edits import Edit
from frcnn_viz.ui.lessons.asked import marks_on
from frcnn_viz.ui.session import Session


def show_picture(
    here: Session,
    name: str,
    layers: Sequence[BoxLayer],
    on_pick: Callable[[Pick], object] = lambda pick: None,
    on_dials: Callable[[dict[str, float]], None] = lambda values: None,
    on_edit: Callable[[Edit], None] = lambda edit: None,
    on_frame: Callable[[int], None] = lambda frame: None,
    scale: tuple[float, float] = (1.0, 1.0),
    **scene: Any,
) -> None:
    """Show layers on the image, and on them what a lesson that is open draws.

    Args:
        here: whose image.
        name: of the canvas, one on a page.
        layers: drawn in order.
        on_pick: called with what is clicked, before the script runs again.
        on_dials: called with the settings that the canvas's own sliders were turned to.
        on_edit: called with what was drawn, where the scene has tools.
        on_frame: called with the frame at which the user rests, where the scene has a film.
        scale: down and across, of the image's pixels to the canvas's, where that shows it resized.
        **scene: what else the `CanvasScene` has, or has instead.
    """
    height, width = here.image.size
    now = view.now()
    seen = {"width": width, "height": height, "look": (now.look, view.restored()), "chosen": now.selected}
    seen["follows"] = here.view == now and scene.keys().isdisjoint(("url", "tools"))
    seen["caption"] = caption(here)
    marks = marks_on(here)
    drawn = [*map(thin, layers), mark_layer(marks, scale)] if marks else list(layers)
    shown = CanvasScene(layers=drawn, **{"url": here.image_url, **seen, **scene})
    box_canvas(shown, f"{name}_canvas", on_pick, on_dials, on_edit, on_frame)


def caption(here: Session) -> str:
    """What is seen, in one line: picture, detector, and the settings that are not its own."""
    changed = [f"{name} {text}" for name, text in here.view.changes]
    return ", ".join([here.image.name, here.detector.title, *changed])
