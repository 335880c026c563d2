"""A workspace as one zip: what is in it, how it is given out piece by piece, and how such a file is opened again.

Taken along are pictures, clips, what is drawn on them and was before, classes and notes, answers, checkpoints, runs and
experiments; not what can be made again, locks, and files that were removed or set aside. What comes back is hostile: a
member counts only if its name is one that a workspace could have, and its place is made of the parts of that name.
"""

from __future__ import annotations

import json
import os
import re
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from frcnn_viz.data import images, video_facts
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.sources import open_zip
from frcnn_viz.lessons.record import FILE as ANSWERS
from frcnn_viz.lessons.record import MOST_BYTES as MOST_RECORD
from frcnn_viz.models.entry import ModelError
from frcnn_viz.models.weights import MAX_WEIGHTS
from frcnn_viz.training.recipe import TrainingError

T = TypeVar("T")
FILE_NAME = "frcnn-viz-workspace.zip"
CHUNK = 1 << 20
MOST_JSON, MOST_LIST = 5_000_000, 20_000_000
"""Bytes of what tells of one thing, and of what tells of many: a run's pictures, or its steps."""
ID, NUMBER = "([0-9a-f]{16})", "(0|[1-9][0-9]{0,8})"
NAME = "([^/]{1,100})"
JSON = r"\.json"
KINDS = {
    "index": (rf"(workspace){JSON}", MOST_JSON),
    "answers": (rf"(lessons){JSON}", MOST_RECORD),
    "drawn": (rf"annotations/{ID}{JSON}", MOST_JSON),
    "before": (rf"history/{ID}/{NUMBER}{JSON}", MOST_JSON),
    "picture": (rf"images/{ID}\.(?:{'|'.join(images.SUFFIXES)})", images.MAX_BYTES),
    "clip": (rf"clips/{ID}{JSON}", MOST_LIST),
    "video": (rf"clips/{ID}\.(?:{'|'.join(video_facts.SUFFIXES)})", video_facts.MAX_BYTES),
    "frame": (rf"clips/{ID}/annotations/{NUMBER}{JSON}", MOST_JSON),
    "frame_before": (rf"clips/{ID}/history/{NUMBER}/{NUMBER}{JSON}", MOST_JSON),
    "checkpoint": (rf"models/(own-[0-9a-f]{{12}}){JSON}", MOST_JSON),
    "weights": (r"models/(own-[0-9a-f]{12})\.safetensors", MAX_WEIGHTS),
    "run": (rf"runs/{NAME}/(run|status){JSON}", MOST_JSON),
    "run_list": (rf"runs/{NAME}/(snapshot{JSON}|metrics\.jsonl)", MOST_LIST),
    "run_weights": (rf"runs/{NAME}/(still|steps/(?:0|[1-9][0-9]{{0,8}}))\.safetensors", MAX_WEIGHTS),
    "run_state": (rf"runs/{NAME}/(state\.pt)", 3 * MAX_WEIGHTS),
    "experiment": (rf"experiments/{NAME}/(experiment|status|results|snapshot){JSON}", MOST_LIST),
}
"""Of each kind of file the name, whose parts tell whose it is and what of it, and the most bytes."""
FOLDERS = ("annotations", "history", "images", "clips", "models", "runs", "experiments")


def take_away(folder: Path) -> Iterator[bytes]:
    """The zip of a workspace's folder, piece by piece; nothing of it is held but the piece.

    Each file is as it was at one moment. Of a run that is under way the state comes first: what else it kept is then at
    least as late, and what came after the state is computed again.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, path in _members(folder):
            with suppress(FileNotFoundError), path.open("rb") as file:  # removed meanwhile
                state = os.fstat(file.fileno())
                left = state.st_size  # of one that grows, what was there
                with archive.open(_info(name, state), "w") as out:
                    while left and (chunk := file.read(min(left, CHUNK))):
                        left -= len(chunk)
                        out.write(chunk)
                        yield sink.take()
    yield sink.take()


class Bundle:
    """A zip that was taken away, or says so.

    Attributes:
        strange: how many members are none that a workspace has.
    """

    def __init__(self, file: Path | BinaryIO) -> None:
        """Look into it; nothing is unpacked.

        Raises:
            DataError: it is damaged, a bomb, names files outside itself or one twice, or is no workspace.
        """
        self._zip, entries = open_zip(file, "the zip")
        every = [entry.filename.casefold() for entry in self._zip.infolist()]
        if len(set(every)) < len(every):
            raise DataError("the zip names a file twice; it was not opened. Take the workspace away again.")
        self._entries: dict[str, tuple[zipfile.ZipInfo, int]] = {}
        self._of: dict[tuple[str, ...], dict[str, str]] = {}
        self.strange = 0
        for name, entry in entries.items():
            kind, parts = _kind(name) if name == entry.filename and _is_plain(entry) else ("", ())
            if not kind:
                self.strange += 1
                continue
            self._of.setdefault((kind, *parts[:-1]), {})[parts[-1]] = name
            self._entries[name] = entry, KINDS[kind][1]
        if not self._entries:
            raise DataError("the zip holds nothing of a workspace; choose one that was taken away from here.")

    def of(self, kind: str, *whose: str) -> dict[str, str]:
        """The members of a kind whose names have these parts, by the last part, which is left."""
        return self._of.get((kind, *whose), {})

    def whose(self, kind: str) -> list[str]:
        """Of whom there are members of a kind that has several of one: the first parts of their names."""
        return list(dict.fromkeys(key[1] for key in self._of if key[0] == kind))

    def nbytes(self, *names: str) -> int:
        """Of members, unpacked, as the zip says; what is read is never more."""
        return sum(self._entries[name][0].file_size for name in names)

    def when(self, name: str) -> tuple[int, ...]:
        """When a member was written, as the zip says: something that sorts."""
        return self._entries[name][0].date_time

    def read(self, name: str) -> bytes:
        """The content of a member.

        Raises:
            DataError: it is larger than its kind may be, or damaged.
        """
        return b"".join(self._pieces(name))

    def read_json(self, name: str, make: Callable[[Any], T]) -> T:
        """What `make` makes of a JSON member.

        Raises:
            DataError: as `read`, or `make` cannot use it. What `make` raises in a sentence of its own goes through.
        """
        try:
            return make(json.loads(self.read(name)))
        except (TrainingError, ModelError, DataError):
            raise
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
            raise DataError(f"{name} is damaged.") from error

    def copy(self, name: str, to: Path) -> None:
        """Write a member to a new file.

        Raises:
            DataError: as `read`, or it cannot be written.
        """
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            with to.open("xb") as out:
                for piece in self._pieces(name):
                    out.write(piece)
        except OSError as error:
            raise DataError(f"{name} cannot be kept ({error.strerror}).") from error

    def _pieces(self, name: str) -> Iterator[bytes]:
        entry, most = self._entries[name]
        if entry.file_size > most:
            raise DataError(f"{name} has {entry.file_size / 1e6:,.0f} MB; at most {most / 1e6:,.0f} MB can be read.")
        left = entry.file_size
        try:
            with self._zip.open(entry) as file:
                while piece := file.read(min(CHUNK, left + 1)):
                    left -= len(piece)
                    if left < 0:
                        break
                    yield piece
        except Exception as error:  # damaged zips raise those of zipfile, zlib, lzma and bz2, and plain ones
            raise DataError(f"{name} cannot be read from the zip: it is damaged or locked.") from error
        if left:
            raise DataError(f"{name} is not as long as the zip says; it is damaged.")


class _Sink:
    """What a zip is written to, and taken from."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, content: bytes) -> int:
        self._held += content
        return len(content)

    def flush(self) -> None:
        """Nothing waits here."""

    def take(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held


def _members(folder: Path) -> list[tuple[str, Path]]:
    """What is taken along, by its name in the zip, states of runs first."""
    places = [folder / "workspace.json", folder / ANSWERS]
    for top in FOLDERS:
        for root, _, names in os.walk(folder / top):
            places += [Path(root) / name for name in names]
    named = {path.relative_to(folder).as_posix(): path for path in places if not path.is_symlink()}
    known = [(name, path) for name, path in named.items() if _kind(name)[0] and path.is_file()]
    return sorted(known, key=lambda pair: (not pair[0].endswith("state.pt"), pair[0]))


def _info(name: str, state: os.stat_result) -> zipfile.ZipInfo:
    moment = time.localtime(max(state.st_mtime, 315_619_200))[:6]  # a zip knows no time before 1980
    info = zipfile.ZipInfo(name, moment)
    info.file_size = state.st_size
    info.compress_type = zipfile.ZIP_DEFLATED if name.endswith((".json", ".jsonl")) else zipfile.ZIP_STORED
    return info


def _kind(name: str) -> tuple[str, tuple[str, ...]]:
    for kind, (pattern, _) in KINDS.items():
        if found := re.fullmatch(pattern, name):
            return kind, tuple(part for part in found.groups() if part is not None)
    return "", ()


def _is_plain(entry: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(entry.external_attr >> 16) in (0, stat.S_IFREG)
