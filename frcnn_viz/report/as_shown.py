"""A scene without what needs the app: of a film the frame in view, of the tools what was drawn with them."""

from __future__ import annotations

from dataclasses import replace

import torch

from frcnn_viz.canvas.at_first import some
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Tools


def as_shown(scene: CanvasScene) -> CanvasScene:
    """The scene as it is seen at first, with a layer for what was drawn."""
    layers = list(scene.layers)
    if scene.film:
        now = scene.film.now
        in_view = [layer if layer.frames is None else some(layer, layer.frames == now) for layer in layers]
        layers = [replace(layer, frames=None) for layer in in_view]
    if scene.tools and scene.tools.objects:
        layers.append(_drawn(scene.tools))
    return replace(scene, layers=layers, film=None, tools=None)


def _drawn(tools: Tools) -> BoxLayer:
    usable = [one for one in tools.objects if one.usable]
    names = sorted({one.label for one in usable})
    colours = dict(zip(tools.classes, [c for _ in tools.classes for c in tools.colours], strict=False))
    return BoxLayer(
        "object",
        torch.tensor([one.box for one in usable], dtype=torch.float32).reshape(-1, 4),
        [(name, colours.get(name, tools.colours[0])) for name in names],
        torch.tensor([names.index(one.label) for one in usable], dtype=torch.int64),
        labels=[one.label for one in usable],
        width=2.5,
    )
