"""The box editor: ground truth drawn on an image in the browser; every finished change comes back whole.

`view.js` and `stage.js` of the box canvas place and paint the picture; `boxes.js` holds the boxes and their history,
`paint.js` draws them, `tools.js` is the mouse and the keyboard, `editor.js` ties them to the page. They are joined in
that order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from frcnn_viz.data.annotations import FLAGS, MAX_OBJECTS, Object, clean_class
from frcnn_viz.ui import session

_HERE = Path(__file__).parent
_SCRIPTS = ("../../canvas/view.js", "../../canvas/stage.js", "boxes.js", "paint.js", "tools.js", "editor.js")
MAX_CLASSES = 200


class EditError(ValueError):
    """A message of the editor makes no sense; nothing of it was taken."""


@dataclass(frozen=True)
class Edit:
    """What is drawn on the image now.

    Attributes:
        objects: all of them, inside the image, with an area or as they were given.
        classes: all class names, in the editor's order; new ones last.
        serial: names the edit; given back as `ack`, it tells the editor that the edit was kept.
    """

    objects: tuple[Object, ...]
    classes: tuple[str, ...]
    serial: str


def box_editor(
    url: str,
    size: tuple[int, int],
    objects: Sequence[Object],
    classes: Sequence[str],
    colours: Sequence[str],
    key: str,
    *,
    epoch: str,
    ack: str,
    on_edit: Callable[[Edit], None],
    marks: dict[int, str] | None = None,
) -> None:
    """Show an image whose boxes can be drawn, moved, resized, named and deleted.

    The boxes of one image live in the browser; those given here replace them only when `epoch` is another than
    before. So a rerun never undoes what the user did meanwhile.

    Args:
        url: of the image.
        size: its height and width, pixels.
        objects: what is drawn at first, or after a change of `epoch`.
        classes: names to choose from.
        colours: one for each class, taken round.
        key: one for each image.
        epoch: another whenever something else than this editor changed the objects.
        ack: `serial` of the last edit that was kept, or empty.
        on_edit: called with every finished change, before the script runs again.
        marks: words about some of the objects, by index, shown on them.
    """

    def edited() -> None:
        message = getattr(st.session_state[key], "edit", None)
        if message is None:
            return
        try:
            edit = read_edit(message, size)
        except EditError as error:
            session.tell(str(error))
        else:
            on_edit(edit)

    height, width = size
    data = {
        "url": url,
        "width": width,
        "height": height,
        "boxes": [[*map(_number, o.box), o.label, [flag for flag in FLAGS if getattr(o, flag)]] for o in objects],
        "classes": list(classes),
        "colours": list(colours),
        "epoch": epoch,
        "ack": ack,
        "marks": {str(index): words for index, words in (marks or {}).items()},
    }
    _declare()(key=key, data=data, on_edit_change=edited)


def read_edit(message: Any, size: tuple[int, int]) -> Edit:
    """What the browser sent, taken apart with suspicion.

    Raises:
        EditError: it is not what the editor sends.
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
            "the editor sent boxes that cannot be read; reload the page, what was saved is kept."
        ) from error


def _object(row: Any, width: int, height: int) -> Object:
    *corners, label, flags = row
    x0, y0, x1, y1 = (math.nan if corner is None else _finite(corner) for corner in corners)
    name = clean_class(str(label))
    if not name:
        raise ValueError("a box without a class")
    if any(abs(corner) > 100 * max(width, height) for corner in (x0, y0, x1, y1)):
        raise ValueError("a box far outside the image")
    return Object((x0, y0, x1, y1), name, **{flag: flag in flags for flag in FLAGS})


def _finite(corner: Any) -> float:
    """Only null stands for what is no number: see `_number`."""
    number = float(corner)
    if not math.isfinite(number):
        raise ValueError("a box without end")
    return number


def _number(value: float) -> float | None:
    """JSON has no nan; the editor keeps such a corner as null and does not draw the box."""
    return value if math.isfinite(value) else None


@cache
def _declare() -> Any:
    return st.components.v2.component(
        "frcnn_viz_box_editor",
        html=(_HERE / "editor.html").read_text(encoding="utf-8"),
        css=(_HERE / "editor.css").read_text(encoding="utf-8"),
        js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS),
    )
