"""A canvas in a report: its scene and picture inside the file, and a still of it for printing and for no script."""

from __future__ import annotations

import base64
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

import torch
from PIL import Image

from frcnn_viz.canvas.at_first import at_first
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.report.elements import el
from frcnn_viz.words import word

SIDE = 1280
"""Most pixels a side of a picture that need not be exact."""
MOST_STILL = 20_000
"""Boxes of a layer that a still draws; more are told, and drawn by the canvas alone."""
MOST_LABELS = 40
_QUALITIES, _HALVINGS = (85, 65, 40), 5


@dataclass(frozen=True, eq=False)
class Shot:
    """One canvas of a report.

    Attributes:
        scene: what it shows; its `url` is the report's to fill. image: the picture, of any size.
        most: bytes that the picture may take.
        exact: whether the pixels are to be kept as they are, where that takes no more than `most`.
    """

    scene: CanvasScene
    image: Image.Image
    most: int = 3_000_000
    exact: bool = True


def figure(shot: Shot, named: bool = True) -> Element:
    """The figure: still, scene, and its caption where it is `named`."""
    scene = replace(shot.scene, url="", tools=None, film=None)
    picture, left_out = encode(shot.image, shot.most, shot.exact), []
    width, height = scene.width, scene.height
    drawn = el("svg", viewBox=f"0 0 {width} {height}", preserveAspectRatio="none", aria_hidden="true")
    for layer in scene.layers:
        shown = at_first(layer, scene.score_from)
        if len(shown.boxes_in_image) > MOST_STILL:
            left_out.append(layer.name)
        else:
            drawn.extend(_strokes(shown, width))
    still = el("img", src=picture, width=width, height=height, alt=scene.caption, decoding="async")
    packed = base64.b64encode(gzip.compress(scene.pack(), mtime=0)).decode()
    told = f"{word('report.not_still').term}: {', '.join(left_out)}."
    return el(
        "figure",
        el("div", still, drawn, class_="still"),
        el("script", packed, type="application/octet-stream"),
        el("p", told, class_="aside") if left_out else None,
        el("figcaption", scene.caption) if named else None,
        class_="shot",
    )


def encode(image: Image.Image, most: int, exact: bool) -> str:
    """A picture as a URL that holds it: lossless where that is wanted and takes at most `most` bytes, else as good as
    that allows.
    """
    image = image.convert("RGB")
    for kind, options, side in _ways(exact):
        small = image.copy()
        if side:
            small.thumbnail((side, side))
        if max(small.size) > 16_000:  # WebP holds no longer ones
            continue
        buffer = io.BytesIO()
        small.save(buffer, kind, **options)
        if buffer.tell() <= most:
            break
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _ways(exact: bool) -> Iterator[tuple[str, dict[str, object], int]]:
    if exact:
        yield "WEBP", {"lossless": True, "quality": 20, "method": 1}, 0
    for halvings in range(_HALVINGS):
        for quality in _QUALITIES:
            yield "WEBP", {"quality": quality, "method": 4}, SIDE >> halvings


def _strokes(layer: BoxLayer, width: int) -> Iterator[Element]:
    """A path for each group, and the labels where they are few."""
    boxes = layer.boxes_in_image
    groups = torch.zeros(len(boxes), dtype=torch.int64) if layer.groups is None else layer.groups
    for group in groups.unique().tolist()[::-1]:
        path = "".join(
            f"M{x0:.1f} {y0:.1f}H{x1:.1f}V{y1:.1f}H{x0:.1f}Z" for x0, y0, x1, y1 in boxes[groups == group].tolist()
        )
        dash = layer.dashes.get(group)
        yield el(
            "path",
            d=path,
            stroke=layer.legend[group][1],
            stroke_width=layer.widths.get(group, layer.width),
            stroke_dasharray=" ".join(map(str, dash)) if dash else None,
        )
    if layer.labels is not None and len(boxes) <= MOST_LABELS:
        size = max(6, width / 55)
        for label, group, (x0, y0, _, _) in zip(layer.labels, groups.tolist(), boxes.tolist(), strict=True):
            place = {"x": f"{x0:.1f}", "y": f"{max(y0 - size / 4, size):.1f}", "font_size": f"{size:.1f}"}
            yield el("text", label, fill=layer.legend[group][1], **place)
