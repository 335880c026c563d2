"""A scene where no canvas runs: the picture with its boxes, and text."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from PIL import Image

from frcnn_viz.canvas.pictures import of_data_url, png
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.figures.annotated import annotated

SIDE = 960
"""Most pixels a side: it is kept in the notebook's file."""
GAP = 8


@dataclass(frozen=True, eq=False, repr=False)
class Still:
    """Text and a picture, of which a notebook shows what it can."""

    text: str
    scenes: Sequence[CanvasScene]

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": self.text, "image/png": picture(self.scenes)}


def picture(scenes: Sequence[CanvasScene]) -> str:
    """Scenes side by side as the canvas shows them at first: a PNG, in base64.

    Their pictures must be URLs that hold them. What is drawn at less than its size keeps the width of its strokes.
    """
    drawn = [Image.fromarray(_drawn(scene, SIDE // len(scenes))) for scene in scenes]
    width, height = sum(one.width + GAP for one in drawn) - GAP, max(one.height for one in drawn)
    sheet = Image.new("RGBA", (width, height))
    left = 0
    for one in drawn:
        sheet.paste(one, (left, 0))
        left += one.width + GAP
    return base64.b64encode(png(sheet if len(drawn) > 1 else drawn[0])).decode()


def _drawn(scene: CanvasScene, side: int) -> np.ndarray:
    base = of_data_url(scene.url).convert("RGB")
    base.thumbnail((side, side))
    scale = base.width / scene.width
    if scene.overlay:
        x0, y0, x1, y1 = (round(at * scale) for at in scene.overlay.extent)
        over = of_data_url(scene.overlay.url).convert("RGBA").resize((x1 - x0, y1 - y0), Image.Resampling.NEAREST)
        over.putalpha(over.getchannel("A").point(lambda alpha: round(alpha * scene.overlay.opacity)))
        base.paste(over, (x0, y0), over)
    pixels = torch.from_numpy(np.array(base)).permute(2, 0, 1)
    layers = [replace(layer, boxes_in_image=layer.boxes_in_image.cpu() * scale) for layer in scene.layers]
    return annotated(pixels, layers, scene.score_from)
