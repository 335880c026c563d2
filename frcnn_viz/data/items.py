"""One image of a workspace: what is drawn on it, and all that was drawn before.

    annotations/<id>.json          name, size, objects, note, revision
    history/<id>/<revision>.json   what was written over

Revisions go on for as long as there is a history, also when an image was removed and added again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from frcnn_viz.data.annotations import AnnotatedImage, Object
from frcnn_viz.data.files import DamagedError, JsonFiles, as_json, set_aside, sweep, write_whole
from frcnn_viz.data.room import Room

HISTORY = 200
"""Revisions of an image's annotations that are kept."""


@dataclass(frozen=True)
class Item:
    """An image of the workspace and what is drawn on it.

    Attributes:
        id: the first 16 digits of its pixels' SHA-256: the same picture is never there twice.
        name: its file name. width, height: upright, pixels.
        objects: its ground truth, as drawn or imported; `Object.usable` tells which can be used.
        note: the user's words. revision: counts the changes.
    """

    id: str
    name: str
    width: int
    height: int
    objects: tuple[Object, ...] = ()
    note: str = ""
    revision: int = 0

    def annotated(self) -> AnnotatedImage:
        """As formats and checks take it."""
        return AnnotatedImage(self.name, self.objects, self.width, self.height, source=self.name, file=self.id)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it; the id is in the file's name."""
        content = {name: getattr(self, name) for name in ("name", "width", "height", "note", "revision")}
        return {**content, "objects": [one.to_dict() for one in self.objects]}

    @classmethod
    def from_dict(cls, key: str, content: dict[str, Any]) -> Item:
        """What `to_dict` wrote.

        Raises:
            ValueError, TypeError, LookupError, AttributeError: it is something else.
        """
        objects = tuple(map(Object.from_dict, content["objects"]))
        width, height, revision = (int(content[name]) for name in ("width", "height", "revision"))
        return cls(key, str(content["name"]), width, height, objects, str(content["note"]), revision)


class ItemFiles:
    """The files of all images of a workspace's folder. Who writes holds the workspace's lock."""

    def __init__(self, folder: Path, room: Room) -> None:
        self.folder, self._room = folder, room
        self._files = JsonFiles()

    def path(self, key: str) -> Path:
        """Where the present annotations of an image are."""
        return self.folder / "annotations" / f"{key}.json"

    def read(self, key: str) -> Item | None:
        """An image as it is now; None where there are no annotations.

        Raises:
            DamagedError: there are, and they cannot be used.
        """
        return self._files.read(self.path(key), partial(Item.from_dict, key))

    def revisions(self, key: str) -> list[int]:
        """Those of the history, the latest first."""
        stems = (path.stem for path in self._history(key).glob("*.json"))
        return sorted((int(stem) for stem in stems if stem.isdecimal()), reverse=True)

    def earlier(self, key: str, revision: int) -> Item | None:
        """One of the history; None where it is not kept.

        Raises:
            DamagedError: it is, and cannot be used.
        """
        return self._files.read(self._history(key) / f"{int(revision)}.json", partial(Item.from_dict, key))

    def last(self, key: str) -> Item | None:
        """The image as it was when it could be read last: now, or the latest of the history."""
        with suppress(DamagedError):
            if item := self.read(key):
                return item
        for revision in self.revisions(key):
            with suppress(DamagedError):
                return self.earlier(key, revision)
        return None

    def write(self, item: Item) -> None:
        """Put an image's annotations in place, as a new revision.

        Raises:
            FullError: there is no room; what was there is untouched.
        """
        with self._room.taking(self.nbytes(item)):
            revision = self.keep(item.id) + 1
            write_whole(self.path(item.id), as_json(replace(item, revision=revision).to_dict()))

    def nbytes(self, *items: Item) -> int:
        """Of the files of these, where that matters."""
        return sum(len(as_json(item.to_dict())) for item in items) if self._room.has_limits else 0

    def put_back(self, item: Item, earlier: Iterable[Item]) -> None:
        """Put annotations in place with their history, as they were elsewhere. Revisions that are kept here stay."""
        history = self._history(item.id)
        history.mkdir(parents=True, exist_ok=True)
        known = self.revisions(item.id)
        for one in earlier:
            if one.revision not in known:
                write_whole(history / f"{one.revision}.json", as_json(one.to_dict()))
        revision = max(item.revision, 1 + max(known, default=0))
        write_whole(self.path(item.id), as_json(replace(item, revision=revision).to_dict()))

    def keep(self, key: str) -> int:
        """Add the present annotations to the history, and give the latest revision there now; 0 where none ever was."""
        latest = max(self.revisions(key), default=0)
        path = self.path(key)
        try:
            item = self.read(key)
        except DamagedError:
            set_aside(path)
            return latest
        if item is None:
            return latest
        history = self._history(key)
        history.mkdir(exist_ok=True)
        sweep(history)
        kept = history / f"{item.revision}.json"
        if kept.exists() and kept.read_bytes() != path.read_bytes():
            kept = history / f"{latest + 1}.json"  # numbers began anew once, with an image added again
        _copy(path, kept)
        for revision in self.revisions(key)[HISTORY:]:
            (history / f"{revision}.json").unlink(missing_ok=True)
        return max(latest, int(kept.stem))

    def move(self, key: str, to: Path) -> None:
        """Take the present annotations away to another folder, and keep them in the history, too."""
        self.keep(key)
        with suppress(FileNotFoundError):
            os.replace(self.path(key), to / self.path(key).name)

    def delete(self, key: str) -> None:
        """Delete the present annotations and all that was drawn before."""
        self.path(key).unlink(missing_ok=True)
        shutil.rmtree(self._history(key), ignore_errors=True)

    def _history(self, key: str) -> Path:
        return self.folder / "history" / key


def _copy(path: Path, to: Path) -> None:
    """A second name for a file that is only ever replaced: nothing has to be written."""
    try:
        os.link(path, to)
    except FileExistsError:
        pass  # the same content, from a change that was cut off
    except OSError:  # such as a memory card, which knows no links
        write_whole(to, path.read_bytes())
