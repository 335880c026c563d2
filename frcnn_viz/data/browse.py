"""Choosing among hundreds of images: by name, class, object size, and whether anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from frcnn_viz.data.statistics import BANDS, resize_scale
from frcnn_viz.data.workspace import Item

EVERY, LABELLED, UNLABELLED, MISSED = "all", "with objects", "without objects", "with misses"


@dataclass(frozen=True)
class Filter:
    """What an image must have to be shown.

    Attributes:
        text: within its name or note. labels: an object of one of these classes; empty asks for none.
        band: an object of this one of `BANDS`, after the resize; None asks for none.
        state: `EVERY`, `LABELLED`, `UNLABELLED` or `MISSED`.
    """

    text: str = ""
    labels: frozenset[str] = frozenset()
    band: str | None = None
    state: str = EVERY


def choose(
    items: Iterable[Item], wanted: Filter, resize: tuple[float, float], misses: dict[str, int] | None = None
) -> list[Item]:
    """The images that pass; class and size must hold of the same object.

    Args:
        items: in any order, which is kept.
        wanted: the filter.
        resize: `min_size` and `max_size` of the detector.
        misses: how many objects a detector missed, by id; an image that is not in it has not been looked at.
    """
    low, high = BANDS[wanted.band] if wanted.band else (0.0, math.inf)

    def passes(item: Item) -> bool:
        if wanted.text.casefold() not in f"{item.name} {item.note}".casefold():
            return False
        if wanted.state == LABELLED and not item.objects:
            return False
        if wanted.state == UNLABELLED and item.objects:
            return False
        if wanted.state == MISSED and not (misses or {}).get(item.id):
            return False
        if not wanted.labels and wanted.band is None:
            return True
        short, long = sorted((item.width, item.height))
        scale = resize_scale(short, long, *resize)
        return any(
            (not wanted.labels or one.label in wanted.labels) and low <= _size(one.box) * scale < high
            for one in item.objects
            if one.usable
        )

    return [item for item in items if passes(item)]


def _size(box: tuple[float, float, float, float]) -> float:
    x0, y0, x1, y1 = box
    return math.sqrt((x1 - x0) * (y1 - y0))
