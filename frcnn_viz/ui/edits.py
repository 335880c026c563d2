"""What the canvas's tools send: every finished change comes back whole, and is read with suspicion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from frcnn_viz.data.annotations import FLAGS, MAX_OBJECTS, Object, clean_class

MAX_CLASSES = 200


class EditError(ValueError):
    """A message of the tools makes no sense; nothing of it was taken."""


@dataclass(frozen=True)
class Edit:
    """What is drawn on the image now.

    Attributes:
        objects: all of them, inside the image, with an area or as they were given.
        classes: all class names, in the tools' order; new ones last.
        serial: names the edit; given back as `ack`, it tells the tools that the edit was kept.
    """

    objects: tuple[Object, ...]
    classes: tuple[str, ...]
    serial: str


def read_edit(message: Any, size: tuple[int, int]) -> Edit:
    """What the browser sent, taken apart with suspicion.

    Raises:
        EditError: it is not what the tools send.
    """
    height, width = size
    try:
        rows, names, serial = message["boxes"], message["classes"], message["serial"]
        if len(rows) > MAX_OBJECTS:
            raise EditError(f"these are {len(rows):,} boxes; at most {MAX_OBJECTS:,} can be kept on an image.")
        if len(names) > MAX_CLASSES:
            raise EditError(f"these are {len(names):,} classes; at most {MAX_CLASSES:,} can be kept.")
        classes = tuple(dict.fromkeys(filter(None, (clean_class(str(name)) for name in names))))
        return Edit(tuple(_object(row, width, height) for row in rows), classes, str(serial)[:80])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, EditError):
            raise
        raise EditError(
            "the canvas sent boxes that cannot be read; reload the page, what was saved is kept."
        ) from error


def _object(row: Any, width: int, height: int) -> Object:
    *corners, label, flags, identity = row
    x0, y0, x1, y1 = (math.nan if corner is None else _finite(corner) for corner in corners)
    name = clean_class(str(label))
    if not name:
        raise ValueError("a box without a class")
    if any(abs(corner) > 100 * max(width, height) for corner in (x0, y0, x1, y1)):
        raise ValueError("a box far outside the image")
    return Object((x0, y0, x1, y1), name, **{flag: flag in flags for flag in FLAGS}, identity=str(identity))


def _finite(corner: Any) -> float:
    """Only null stands for what is no number: see `Tools.header`."""
    number = float(corner)
    if not math.isfinite(number):
        raise ValueError("a box without end")
    return number
