"""The canvas as an anywidget: in Jupyter, Colab, VS Code and marimo. Needs the extra `notebook`."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from frcnn_viz import canvas
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.notebook.still import picture
from frcnn_viz.notebook.views import Chosen, View

if TYPE_CHECKING:
    from frcnn_viz.notebook.traced import NamedTrace

_HERE = Path(__file__).parent


def module() -> str:
    """One ES module that holds the canvas, its style and what ties it to anywidget."""
    style = canvas.read("canvas.css") + (_HERE / "widget.css").read_text(encoding="utf-8")
    script = (_HERE / "widget.js").read_text(encoding="utf-8")
    return f"{canvas.module()}const STYLE = {json.dumps(style)};\n{script}"


class CanvasWidget(anywidget.AnyWidget):
    """A view on the canvas; where no widget runs, text and a picture.

    Attributes:
        selected: kind and number of what was clicked, such as `("candidate", 12)`, or None; it can be set and observed.
        story: the trace that is shown, at the settings that the canvas's sliders were turned to.
    """

    _esm = module()
    messages = traitlets.List(traitlets.Bytes()).tag(sync=True)
    pick = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    dials = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    selected = traitlets.Tuple(traitlets.Unicode(), traitlets.Int(), allow_none=True, default_value=None).tag(sync=True)

    def __init__(self, view: View, scenes: Sequence[CanvasScene]) -> None:
        """Show a view, of which `scenes` are those without a choice."""
        self._view, self._answered, self._scenes = view, "", list(scenes)
        super().__init__(messages=[scene.pack() for scene in scenes])

    @property
    def story(self) -> NamedTrace:
        """The trace that is shown; of two the first."""
        return self._view.story

    def __repr__(self) -> str:
        return self._view.text()

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict, dict] | dict:
        """The widget, and what is shown where there are none, on GitHub for one."""
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/plain": repr(self), "image/png": picture(self._scenes)}, metadata

    def _draw(self) -> None:
        self._scenes = [replace(scene, answered=self._answered) for scene in self._view.scenes(self.selected)]
        self.messages = [scene.pack() for scene in self._scenes]

    @traitlets.observe("selected")
    def _selected(self, change: Any) -> None:
        self._draw()

    @traitlets.observe("pick")
    def _picked(self, change: Any) -> None:
        if change.new is not None:
            self.pick = None  # so that the same can be clicked again
            self.selected = self._chosen(change.new)

    def _chosen(self, pick: dict[str, Any]) -> Chosen | None:
        """What was clicked, if it is on the canvas: the browser may have had an older scene."""
        panel, name, number = pick.get("panel"), pick.get("layer"), pick.get("id")
        if not isinstance(panel, int) or not isinstance(number, int) or not 0 <= panel < len(self._scenes):
            return None
        for layer in self._scenes[panel].layers:
            if layer.name == name and (kind := self._view.kind(panel, name)):
                ids = range(len(layer.boxes_in_image)) if layer.ids is None else layer.ids.tolist()
                return (kind, number) if number in ids else None
        return None

    @traitlets.observe("dials")
    def _dialled(self, change: Any) -> None:
        told = change.new or {}
        values = told.get("values")
        if not isinstance(values, dict):
            return
        offered = {
            dial.setting: dial
            for scene in self._scenes
            for layer in scene.layers
            for dial in (layer.sieve.dials.values() if layer.sieve else ())
        }
        self._view = self._view.with_dials(
            {
                name: min(max(value, offered[name].low), offered[name].high)
                for name, value in values.items()
                if name in offered and isinstance(value, int | float) and math.isfinite(value)
            }
        )
        self._answered = str(told.get("serial", ""))[:80]
        self._draw()
