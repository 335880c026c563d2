"""What `workspace.json` holds: the order of the images, the classes, and the notes; and what to do without it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from frcnn_viz.data.annotations import DataError, all_classes

VERSION = 1


@dataclass(frozen=True)
class Index:
    """The whole set.

    Attributes:
        images: ids, in the order in which they came. classes: without the background. notes: the user's words.
    """

    images: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    notes: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_dict(cls, content: Any) -> Index:
        """What `to_dict` wrote.

        Raises:
            DataError: a newer version wrote it.
            ValueError, TypeError, LookupError, AttributeError: it is something else.
        """
        if content.get("version", VERSION) > VERSION:
            raise DataError("the workspace was made by a newer version of this program.")
        images, classes, notes = (content[name] for name in ("images", "classes", "notes"))
        if not (_are_names(images) and all(map(is_id, images)) and _are_names(classes) and isinstance(notes, str)):
            raise ValueError("no index of a workspace")
        return cls(tuple(dict.fromkeys(images)), all_classes((), classes), notes)


def is_id(key: str) -> bool:
    """Whether an image or a clip can be called so; what can is a file's name that leads nowhere else."""
    return bool(re.fullmatch("[0-9a-f]{16}", key))


def rebuilt(folder: Path, damaged: Path | None) -> Index:
    """An index of the pictures and annotations that are there, in the order in which the pictures were written.

    What can still be taken from the damaged index is: classes, notes, the order of images.
    """
    content = _salvaged(damaged)
    pictures = {path.stem: path.stat().st_mtime_ns for path in (folder / "images").iterdir()}
    keys = {*pictures, *(path.stem for path in (folder / "annotations").glob("*.json"))}
    there = set(filter(is_id, keys))
    order = {key: place for place, key in enumerate(content.get("images", ()))}
    images = sorted(there, key=lambda key: (order.get(key, len(order)), pictures.get(key, 0), key))
    return Index(tuple(images), all_classes((), content.get("classes", ())), content.get("notes", ""))


def _salvaged(damaged: Path | None) -> dict[str, Any]:
    try:
        content = json.loads(damaged.read_bytes()) if damaged else {}
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    kept = {name: content[name] for name in ("images", "classes") if _are_names(content.get(name))}
    return {**kept, "notes": content["notes"]} if isinstance(content.get("notes"), str) else kept


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)
