"""The videos of a workspace, as they came, what is in them, and what is drawn on their frames.

clips/<id>.<ending>                      the file as it came
clips/<id>.json                          its name, and its facts (`video`); written last: without it there is no clip
clips/<id>/annotations/<frame>.json      objects of a frame, with their identities (`items`)
clips/<id>/history/<frame>/<n>.json      what was written over
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.bounds import clean_name
from frcnn_viz.data.decoding import look
from frcnn_viz.data.files import READ_ONLY, DamagedError, JsonFiles, as_json, holding, sweep, write_whole
from frcnn_viz.data.index import is_id
from frcnn_viz.data.items import Item, ItemFiles
from frcnn_viz.data.room import Room
from frcnn_viz.data.sources import suffix
from frcnn_viz.data.video_facts import MAX_BYTES, SUFFIXES, VideoFacts

WAIT = 20
"""Seconds that a writer waits for the lock."""


@dataclass(frozen=True)
class ClipFile:
    """A video of the workspace: its id, the first 16 digits of its file's SHA-256, its name, and what is in it."""

    id: str
    name: str
    facts: VideoFacts


class ClipFiles:
    """The videos of a workspace's folder; nothing is there until one is added, and to one that is read only none is."""

    def __init__(self, folder: Path, room: Room | None = None, *, read_only: bool = False) -> None:
        """In a workspace's folder, whose room is without limits where none is given."""
        self.folder, self._removed, self._read_only = folder / "clips", folder / "removed", read_only
        self._room = room or Room(folder)
        self._lock = FileLock(self.folder / ".lock", timeout=WAIT)
        self._files = JsonFiles()
        self._items: dict[str, ItemFiles] = {}

    def ids(self) -> tuple[str, ...]:
        """Those that are there, in the order in which they came."""
        found = []
        for path in self.folder.glob("*.json"):
            with suppress(FileNotFoundError):  # removed meanwhile
                if is_id(path.stem):
                    found.append((path.stat().st_mtime_ns, path.stem))
        return tuple(key for _, key in sorted(found))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._path(key) is not None

    def clip(self, key: str) -> ClipFile:
        """One of them.

        Raises:
            DataError: it is not there, or damaged.
        """
        wrong = "no longer in the workspace; choose another"
        with suppress(DamagedError):
            wrong = "damaged in the workspace; remove it and add it again" if self._path(key) else wrong
            if self._path(key) and (found := self._files.read(self._path(key), lambda c: _read(key, c))):
                return found
        raise DataError(f"This clip is {wrong}.")

    def video_path(self, key: str) -> Path:
        """The file as it came.

        Raises:
            DataError: it is missing.
        """
        files = self.folder.glob(f"{key}.*") if is_id(key) else ()
        found = next((path for path in files if suffix(path.name) in SUFFIXES), None)
        if found is None:
            raise DataError(f"The video of clip {key} is missing from {self.folder}; add it again.")
        return found

    def add(self, content: bytes, name: str) -> tuple[str, bool]:
        """Keep a video; its id, and whether it is new. What is in it is found out in a process of its own.

        Raises:
            DataError: it is no video that can be used, or cannot be kept. FullError: there is no room for it.
        """
        self._check_writable()
        name = clean_name(name)
        check_bytes(len(content), name)
        key = _id(content)
        with suppress(DataError):
            self.clip(key), self.video_path(key)
            return key, False
        ending = suffix(name) if suffix(name) in SUFFIXES else "mp4"
        path = self.folder / f"{key}.{ending}"
        self._make_folder()
        with self._room.taking(len(content), images=1):
            write_whole(path, content)
        try:
            told = as_json({"name": name, "facts": look(path, name).to_dict()})
            with self._room.taking(len(told)):
                write_whole(self.folder / f"{key}.json", told)
        except DataError:
            path.unlink(missing_ok=True)
            raise
        return key, True

    def add_path(self, path: Path) -> tuple[str, bool]:
        """As `add`, of a file.

        Raises:
            DataError: as `add`, or it cannot be read.
        """
        try:
            check_bytes(path.stat().st_size, clean_name(path.name))
            return self.add(path.read_bytes(), path.name)
        except OSError as error:
            raise DataError(f"{clean_name(path.name)} cannot be read ({error.strerror}); check the path.") from error

    def objects(self, key: str, frame: int) -> tuple[Object, ...] | None:
        """What is drawn on a frame; None where nothing ever was.

        Raises:
            DataError: it is damaged.
        """
        item = self._frames(key).read(str(frame))
        return None if item is None else item.objects

    def drawn(self, key: str) -> tuple[int, ...]:
        """The frames on which something was drawn, in order."""
        stems = (path.stem for path in (self._home(key) / "annotations").glob("*.json"))
        return tuple(sorted(int(stem) for stem in stems if stem.isdecimal()))

    def stamps(self, key: str) -> tuple[tuple[str, int], ...]:
        """Other ones whenever something drawn on its frames is."""
        paths = (self._home(key) / "annotations").glob("*.json")
        return tuple(sorted((path.stem, path.stat().st_mtime_ns) for path in paths))

    def save(self, key: str, frame: int, objects: Sequence[Object]) -> None:
        """Replace what is drawn on a frame; what was there goes to its history. The classes are the caller's to add.

        Raises:
            DataError: two objects of one frame are the same thing, there is no such frame, or it cannot be kept.
        """
        clip, counts = self.clip(key), Counter(one.identity for one in objects if one.identity)
        if twice := next((name for name, count in counts.items() if count > 1), ""):
            raise DataError(f"{twice} is on frame {frame} twice; give one of the two another name.")
        if not 0 <= frame < len(clip.facts.times):
            raise DataError(f"{clip.name} has no frame {frame}; its last is {len(clip.facts.times) - 1}.")
        files, facts = self._frames(key), clip.facts
        with self._writing():
            self._make_frames(key)
            known = files.read(str(frame)) or Item(str(frame), clip.name, facts.width, facts.height)
            if tuple(objects) != known.objects or not known.revision:
                files.write(replace(known, objects=tuple(objects)))

    def put_back(self, key: str, content: bytes, name: str, frames: Mapping[int, tuple[Item, Sequence[Item]]]) -> bool:
        """Keep a video with all that was drawn on it elsewhere; False where it is here already, and stays as it is.

        Args:
            key: its id there.
            content: its file.
            name: of it.
            frames: by its number, what is drawn on a frame, and what was before.

        Raises:
            DataError: as `add`, or it is another video, or has no such frame.
            FullError: there is no room for all of it.
        """
        if _id(content) != key:
            raise DataError(f"{clean_name(name)} is another video than the one that was drawn on.")
        if self._path(key) is None:
            drawn = [item for present, earlier in frames.values() for item in (present, *earlier)]
            self._room.check(len(content) + self._frames(key).nbytes(*drawn), images=1)
        _, is_new = self.add(content, name)
        if not is_new or not frames:
            return is_new
        try:
            if max(frames) >= len(self.clip(key).facts.times):
                raise DataError(f"{clean_name(name)} has no frame {max(frames)}.")
            with self._writing():
                self._make_frames(key)
                for item, earlier in frames.values():
                    with self._room.taking(self._frames(key).nbytes(item, *earlier)):
                        self._frames(key).put_back(item, earlier)
        except DataError:
            self.remove(key)
            raise
        return True

    def remove(self, key: str) -> None:
        """Take a clip out; its files stay in a folder of `removed/` until the user deletes them.

        Where there are limits they are deleted at once, to free their room.
        """
        home = self._home(key)
        with self._writing():
            files = dict.fromkeys([self.folder / f"{key}.json", *self.folder.glob(f"{key}.*")])  # the clip goes first
            try:
                if self._room.has_limits:
                    for path in files:
                        path.unlink(missing_ok=True)
                    shutil.rmtree(home, ignore_errors=True)
                    return
                to = self._removed / f"clip-{key}-{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns() % 1000:03}"
                to.mkdir(parents=True)
                for path in (*files, home):
                    if path.exists():
                        os.replace(path, to / path.name)
            except OSError as error:
                raise DataError(
                    f"files of clip {key} cannot be taken out of {self.folder} ({error.strerror})."
                ) from error

    def _path(self, key: str) -> Path | None:
        path = self.folder / f"{key}.json"
        return path if is_id(key) and path.is_file() else None

    def _frames(self, key: str) -> ItemFiles:
        return self._items.setdefault(key, ItemFiles(self._home(key), self._room))

    def _make_frames(self, key: str) -> None:
        for name in ("annotations", "history"):
            (self._home(key) / name).mkdir(parents=True, exist_ok=True)

    def _home(self, key: str) -> Path:
        """The folder of what is drawn on a clip's frames."""
        if not is_id(key):
            raise DataError(f"{key[:80]!r} names no clip; choose one that is in the workspace.")
        return self.folder / key

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"{self.folder} cannot be made ({error.strerror}); choose another folder.") from error
        sweep(self.folder)

    def _check_writable(self) -> None:
        if self._read_only:
            raise DataError(READ_ONLY)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._check_writable()
        self._make_folder()
        with holding(self._lock, f"the clips in {self.folder} are locked or cannot be written to; try again."):
            yield


def carry(objects: Sequence[Object]) -> tuple[Object, ...]:
    """What is drawn on a frame, as the start of the next: the same boxes of the same things.

    Who has no identity gets one, always the same of the same objects: saved on both frames, they are one thing.
    """
    taken, carried = {one.identity for one in objects}, []
    for one in objects:
        number, identity = 1, one.identity
        while not identity:
            wanted = f"{one.label}-{number}"
            identity, number = ("" if wanted in taken else wanted), number + 1
        taken.add(identity)
        carried.append(replace(one, identity=identity))
    return tuple(carried)


def check_bytes(size: int, name: str) -> None:
    """Refuse a file that is too large.

    Raises:
        DataError: with a sentence.
    """
    if size > MAX_BYTES:
        raise DataError(f"{name} has {size / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:,.0f} MB can be read. Cut it.")


def _id(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _read(key: str, content: dict[str, Any]) -> ClipFile:
    return ClipFile(key, str(content["name"]), VideoFacts.from_dict(content["facts"]))
