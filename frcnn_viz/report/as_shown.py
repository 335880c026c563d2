"""A scene without what needs the app: of a film the frame in view, of the tools what was drawn with them."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Tools


def as_shown(scene: CanvasScene) -> CanvasScene:
    """The scene as it is seen at first, with a layer for what was drawn."""
    layers = list(scene.layers)
    if scene.film:
        layers = [layer if layer.frames is None else _take(layer, layer.frames == scene.film.now) for layer in layers]
    if scene.tools and scene.tools.objects:
        layers.append(_drawn(scene.tools))
    return replace(scene, layers=layers, film=None, tools=None)


def _take(layer: BoxLayer, rows: Tensor) -> BoxLayer:
    """Some of a layer's boxes: bool [N]."""

    def of(values: Tensor | None) -> Tensor | None:
        return None if values is None else values[rows]

    return replace(
        layer,
        boxes_in_image=layer.boxes_in_image[rows],
        groups=of(layer.groups),
        ids=of(layer.ids),
        scores=of(layer.scores),
        tails=of(layer.tails),
        frames=None,
        columns={name: values[rows] for name, values in layer.columns.items()},
        labels=layer.labels and [layer.labels[row] for row in rows.nonzero()[:, 0].tolist()],
    )


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
