"""The lessons of this server: the program's, and those of the folder that the command line names."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from frcnn_viz.lessons.lesson import LessonError
from frcnn_viz.lessons.shelf import Shelf, with_folder
from frcnn_viz.paths import LESSONS_VARIABLE

Stamps = tuple[tuple[str, int], ...]


def shelf() -> Shelf:
    """All lessons; the teacher's files are read again when one of them has changed."""
    folder = os.environ.get(LESSONS_VARIABLE)
    return _read(folder, _stamps(Path(folder))) if folder else Shelf()


def _stamps(folder: Path) -> Stamps:
    with suppress(OSError):
        return tuple(sorted((path.name, path.stat().st_mtime_ns) for path in folder.glob("*.py")))
    return ()


@lru_cache(maxsize=4)
def _read(folder: str, stamps: Stamps) -> Shelf:
    try:
        return with_folder(Path(folder))
    except LessonError as error:
        return Shelf(broken=(str(error),))
