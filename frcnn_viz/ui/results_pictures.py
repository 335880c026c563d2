"""Small pictures of images and objects of results, from the files they were read from."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from frcnn_viz.data.images import ImageError, load_image
from frcnn_viz.figures.palette import GROUND_TRUTH, VERMILION
from frcnn_viz.figures.rois import crop
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.results import read_picture

SIDE = 220
MOST_BOXES = 300
"""Of a kind on one small picture."""
NOWHERE = Image.new("RGB", (SIDE, SIDE * 3 // 4), "#8C8C8C")
ImageDraw.Draw(NOWHERE).text((12, 72), "The picture is not there.", fill="white", font_size=16)
Boxes = tuple[tuple[float, float, float, float], ...]


def picture_url(image: dict[str, Any]) -> str:
    """An image with its objects and, over them, its detections."""
    truth, found = (tuple(map(_corners, image[name] or ())) for name in ("truth", "detections"))
    return image_url(_picture(_file(image), truth, found))


def object_url(finding: dict[str, Any]) -> str:
    """What is around a finding's box, with the box."""
    return image_url(_crop(_file(finding["image"]), _corners(finding)))


def _corners(of: dict[str, Any]) -> tuple[float, float, float, float]:
    return of["x0"], of["y0"], of["x1"], of["y1"]


def _file(image: dict[str, Any]) -> tuple[str, str, int]:
    """What stands for the file as it is now."""
    path = Path(image["path"] or "")
    try:
        changed = path.stat().st_mtime_ns
    except (OSError, ValueError):
        changed = 0
    return image["image_id"], image["path"], changed


@lru_cache(maxsize=4)
def _pixels(file: tuple[str, str, int]) -> np.ndarray | None:
    """uint8 [H, W, 3]; None where it is no picture that can be read."""
    try:
        content = read_picture({"image_id": file[0], "path": file[1]})
        return np.asarray(load_image(content, file[0]).image)
    except ImageError:
        return None


@lru_cache(maxsize=500)
def _picture(file: tuple[str, str, int], truth: Boxes, found: Boxes) -> Image.Image:
    pixels = _pixels(file)
    if pixels is None:
        return NOWHERE
    small = Image.fromarray(pixels)
    scale = min(1.0, SIDE / max(small.size))
    small = small.resize(
        [max(1, round(side * scale)) for side in small.size], Image.Resampling.BILINEAR, reducing_gap=2
    )
    pen = ImageDraw.Draw(small)
    for boxes, colour in ((truth, GROUND_TRUTH), (found, VERMILION)):
        for box in boxes[:MOST_BOXES]:
            _outline(pen, [corner * scale for corner in box], colour)
    return small


@lru_cache(maxsize=500)
def _crop(file: tuple[str, str, int], box: tuple[float, float, float, float]) -> Image.Image:
    pixels = _pixels(file)
    if pixels is None or not np.isfinite(box).all():
        return NOWHERE
    around = 0.25 * max(box[2] - box[0], box[3] - box[1])
    grown = torch.tensor(box) + torch.tensor([-around, -around, around, around])
    cut = Image.fromarray(np.ascontiguousarray(crop(pixels, grown)))
    scale = SIDE / 2 / max(cut.size)
    small = cut.resize([max(1, round(side * scale)) for side in cut.size], Image.Resampling.BICUBIC)
    left, top = max(grown[0].item(), 0.0), max(grown[1].item(), 0.0)
    _outline(ImageDraw.Draw(small), [(c - o) * scale for c, o in zip(box, (left, top) * 2, strict=True)], VERMILION)
    return small


def _outline(pen: ImageDraw.ImageDraw, box: list[float], colour: str) -> None:
    """A box's outline, where it is one: what a file holds may be anything."""
    x0, y0, x1, y1 = np.nan_to_num(box).clip(-10, 10_000).tolist()
    if x0 < x1 and y0 < y1:
        pen.rectangle((x0, y0, x1, y1), outline=colour, width=2)
