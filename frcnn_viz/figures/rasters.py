"""Tensors as pictures: colour scales, grids of maps, boxes drawn on a thumbnail."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw
from plotly.colors import get_colorscale, sample_colorscale
from torch import Tensor

_LUT = np.array(
    [
        [int(c) for c in rgb[4:-1].split(",")]
        for rgb in sample_colorscale(get_colorscale("Viridis"), 256, colortype="rgb")
    ],
    dtype=np.uint8,
)


def colourise(values: Tensor, low: float | None = None, high: float | None = None) -> np.ndarray:
    """A map [h, w] in Viridis between `low` and `high` (its own extremes when None): uint8 [h, w, 3]."""
    array = values.detach().float().cpu().numpy()
    low = float(array.min()) if low is None else low
    high = float(array.max()) if high is None else high
    scaled = (array - low) / max(high - low, 1e-12)
    return _LUT[np.clip(scaled * 255, 0, 255).astype(np.uint8)]


def to_uint8(image: Tensor) -> np.ndarray:
    """A picture [3, h, w], uint8 or float in 0..1, as uint8 [h, w, 3]; a view of what is uint8 already."""
    if image.dtype == torch.uint8:
        return image.cpu().permute(1, 2, 0).numpy()
    return (image.detach().cpu().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()


def grid(tiles: list[np.ndarray], columns: int, gap: int = 2) -> np.ndarray:
    """Equal tiles uint8 [h, w, 3] in rows of `columns`, parted by `gap` grey pixels."""
    if not tiles:
        return np.full((8, 8, 3), 128, dtype=np.uint8)
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 128, dtype=np.uint8)
    for i, tile in enumerate(tiles):
        y, x = i // columns * (height + gap), i % columns * (width + gap)
        sheet[y : y + height, x : x + width] = tile
    return sheet


def enlarge(image: np.ndarray, least_side: int) -> np.ndarray:
    """Every pixel as a square, a whole number of times larger, until the longer side reaches `least_side`."""
    factor = max(1, -(-least_side // max(image.shape[:2])))
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def framed(image: np.ndarray, box_in_image: Tensor, colour: str, side: int = 150) -> np.ndarray:
    """A box [4] with what is around it, outlined: uint8 [side, side, 3]; grey where there is no picture."""
    x0, y0, x1, y1 = box_in_image.tolist()
    reach = max(x1 - x0, y1 - y0, 4.0) * 0.75
    left, top, scale = (x0 + x1) / 2 - reach, (y0 + y1) / 2 - reach, side / (2 * reach)
    sheet = Image.fromarray(image).transform(
        (side, side),
        Image.Transform.AFFINE,
        (1 / scale, 0, left, 0, 1 / scale, top),
        Image.Resampling.NEAREST if scale > 2 else Image.Resampling.BILINEAR,
        fillcolor=(128, 128, 128),
    )
    corners = torch.tensor([[x0 - left, y0 - top, x1 - left, y1 - top]]) * scale
    return with_boxes(np.asarray(sheet), corners, [colour], 3)


def with_boxes(image: np.ndarray, boxes_in_image: Tensor, colours: list[str], width: int = 2) -> np.ndarray:
    """A copy of the picture uint8 [h, w, 3] with outlines of the boxes [N, 4], one colour each."""
    canvas = Image.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    for box, colour in zip(boxes_in_image.tolist(), colours, strict=True):
        if box[2] >= box[0] and box[3] >= box[1]:
            draw.rectangle(box, outline=colour, width=width)
    return np.asarray(canvas)
