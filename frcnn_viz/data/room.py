"""How much a workspace holds, and whether there is room for more, said in a sentence where there is none.

What a writer knows the size of is written within `taking`, which holds a lock that no two of a workspace's writers have
at once. What has a size only once it is written is written beside its place; `check_written` then counts it, and it is
moved there or let go. Without limits nothing is measured, and no lock is taken.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.files import JsonFiles, holding
from frcnn_viz.data.index import Index
from frcnn_viz.data.tenant import NO_LIMITS, Limits, tenant

WAIT = 20
"""Seconds that a writer waits for another."""
MOMENT = 5
"""Seconds for which the bytes that people are told are remembered."""
_FILES = JsonFiles()


class FullError(DataError):
    """There is no room for it; nothing was changed."""


@dataclass(frozen=True)
class Held:
    """What is in a workspace's folder.

    Attributes:
        images: pictures and clips. nbytes: of all files; one with two names is counted once.
    """

    images: int
    nbytes: int


class Room:
    """The room of a workspace's folder.

    Attributes:
        limits: of what is in it.
    """

    def __init__(self, folder: Path, limits: Limits = NO_LIMITS) -> None:
        self.limits, self._folder = limits, folder
        self._lock = FileLock(folder / ".room.lock", timeout=WAIT)

    @property
    def has_limits(self) -> bool:
        """Whether anything is limited: then what is removed is deleted, since nothing may be left to fill it."""
        return self.limits.images is not None or self.limits.nbytes is not None

    def upload_mb(self, most: int) -> int:
        """How many MB a file may have that is sent here: `most`, or all that may be kept where that is less."""
        return most if self.limits.nbytes is None else max(1, min(most, self.limits.nbytes // 1_000_000))

    def held(self) -> Held:
        """What is there, for people; the bytes are those of some seconds ago where no picture came or went since."""
        images = _images(self._folder)
        return Held(images, _lately(self._folder, images, int(time.monotonic() / MOMENT)))

    def check(self, nbytes: int = 0, images: int = 0) -> None:
        """Whether so many more bytes, and pictures and clips, may be kept. What is there is measured anew.

        Raises:
            FullError: they may not.
        """
        most = self.limits.images
        if images and most is not None and (held := _images(self._folder)) + images > most:
            raise FullError(
                f"Your workspace is full: it holds {held:,} of {most:,} pictures and clips. "
                "Remove one that you no longer need, and add this again."
            )
        if self.limits.nbytes is not None:
            self._compare(_nbytes(self._folder), nbytes)

    def check_written(self, written: Path, instead: Path | None = None) -> None:
        """Whether what was written in the folder may stay.

        Args:
            written: a file or folder that is not yet in its place.
            instead: the one whose place it is to take, which may be there.

        Raises:
            FullError: it may not.
        """
        if self.limits.nbytes is not None:
            size, before = _nbytes(written), _nbytes(instead) if instead else 0
            self._compare(_nbytes(self._folder) - size, size - before)

    def _compare(self, held: int, needed: int) -> None:
        if held + needed > self.limits.nbytes:
            left, needs = (f"{max(0, size) / 1e6:,.1f}" for size in (self.limits.nbytes - held, needed))
            raise FullError(
                f"Your workspace is full: {left} of its {self.limits.nbytes / 1e6:,.0f} MB are left, and this needs "
                f"{needs} MB. Remove pictures, clips, runs or checkpoints that you no longer need."
            )

    @contextmanager
    def taking(self, nbytes: int = 0, images: int = 0) -> Iterator[None]:
        """Write so much within. One thread may take twice, the second time of what it took.

        Raises:
            FullError: there is no room. DataError: the lock cannot be had.
        """
        if not self.has_limits:
            yield
            return
        with holding(self._lock, "your workspace is busy, or cannot be written to; try again."):
            self.check(nbytes, images)
            yield


def own_room() -> Room:
    """That of the tenant for whom this is done."""
    one = tenant()
    return Room(one.folder, one.limits)


def left_out(errors: Sequence[FullError], what: str) -> tuple[str, ...]:
    """One sentence on all those for which there was no room; none where there was. `what` is one, such as `file`."""
    count = len(errors)
    return (f"{count:,} {what}{'s were' if count > 1 else ' was'} left out. {errors[0]}",) if errors else ()


def _images(folder: Path) -> int:
    """Those in the index, or, where that cannot be read, those that are there; and the videos."""
    pictures = None
    with suppress(DataError):
        pictures = _FILES.read(folder / "workspace.json", Index.from_dict)
    count = len(pictures.images) if pictures else len(_ids(folder / "images"))
    return count + len(_ids(folder / "clips"))


def _ids(folder: Path) -> set[str]:
    with suppress(OSError):
        return {name[:16] for name in os.listdir(folder) if re.fullmatch(r"[0-9a-f]{16}\.(?!json$)\w+", name)}
    return set()


@lru_cache(maxsize=256)
def _lately(folder: Path, images: int, moment: int) -> int:
    return _nbytes(folder)


def _nbytes(path: Path) -> int:
    """Of a file, or of all files below a folder; what goes meanwhile is passed over."""
    total, seen, places = 0, set(), []
    with suppress(OSError):
        total, places = (0, [os.fspath(path)]) if path.is_dir() else (path.stat().st_size, [])
    while places:
        with suppress(OSError), os.scandir(places.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        places.append(entry.path)
                        continue
                    state = entry.stat(follow_symlinks=False)
                    if state.st_nlink > 1:
                        if state.st_ino in seen:
                            continue
                        seen.add(state.st_ino)
                    total += state.st_size
    return total
