"""The student's record: `lessons.json` in the workspace's folder, so that it outlives pages, reloads and the server."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.files import holding, set_aside, write_whole
from frcnn_viz.data.room import own_room
from frcnn_viz.data.tenant import tenant
from frcnn_viz.lessons.record import FILE, MOST_BYTES, Record, RecordError, lock_of
from frcnn_viz.ui import library, view
from frcnn_viz.ui.view import Option

SEED = Option("lesson.seed", "")
"""What a teacher's link draws by; a student's own seed without it, and once a question was answered."""
WAIT = 2
"""Seconds that a writer waits for another tab."""


def record() -> Record:
    """What was answered so far. Without an answer the seed is the link's, or one of this workspace's own."""
    try:
        found = _read()
    except (DataError, RecordError):  # which `keep` tells
        found = None
    if found is None:
        found = Record(seed=_own_seed(tenant().folder))
    return found if found.rows or not SEED.value else replace(found, seed=SEED.value)


def keep(change: Callable[[Record], Record]) -> None:
    """Change the record and write it; what stands in the way is told. For callbacks."""
    try:
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with holding(lock_of(path, WAIT), "another tab is keeping one; answer again."):
            _mend(path)
            write_whole(path, change(record()).to_json())
    except (DataError, OSError) as error:
        view.tell(f"Your answer is not kept: {error}")


def begin_anew() -> None:
    """Set the record aside, under another name in the same folder. For callbacks."""
    try:
        if _path().is_file():
            own_room().check()  # what is set aside stays
            view.tell(f"The answers until now are in the file {set_aside(_path(), 'before').name} of the workspace.")
    except DataError as error:
        view.tell(str(error))


def stamp() -> int:
    """Another one whenever the record is."""
    with suppress(DataError, OSError):
        return _path().stat().st_mtime_ns
    return 0


@cache
def _own_seed(folder: Path) -> str:
    """Of a workspace in which nothing was answered yet: the same for all tabs and after a reload."""
    return secrets.token_hex(2)


def _mend(path: Path) -> None:
    try:
        _read()
    except RecordError:
        view.tell(f"Your answers so far cannot be read; the file is {set_aside(path).name} now, and you begin anew.")


def _read() -> Record | None:
    try:
        with _path().open("rb") as file:
            return Record.from_json(file.read(MOST_BYTES + 1), _path().name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{_path()} cannot be read ({error.strerror}).") from error


def _path() -> Path:
    return library.workspace().folder / FILE
