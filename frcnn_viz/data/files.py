"""Files that survive a killed server: written beside their place and moved over it, never half of one.

What cannot be read is never written over: it is set aside under another name.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from frcnn_viz.data.annotations import DataError

PARTIAL = ".new-"
"""How the name of a file begins that is being written."""
PARTIAL_SECONDS = 3600
"""A partial file that old is of a writer that was killed."""
READ_ONLY = "this is your teacher's; make a copy of your own to change it."
"""What a change of files is answered with that are there to be read alone."""


class DamagedError(DataError):
    """A file is there and can be read, but holds something else than it should."""


def write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing, even when the power fails: written beside, flushed to disk, moved over.

    Raises:
        DataError: the disk is full or the folder cannot be written to; the old file is untouched.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=PARTIAL)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}); nothing was changed.") from error


@contextmanager
def holding(lock: FileLock, refusal: str) -> Iterator[None]:
    """Do what is within while a lock is held; a thread that has it may hold it again.

    Raises:
        DataError: with the sentence `refusal`, where it cannot be had.
    """
    try:
        lock.acquire()
    except (Timeout, OSError) as error:
        raise DataError(refusal) from error
    try:
        yield
    finally:
        lock.release()


def sweep(folder: Path) -> None:
    """Remove the partial files that killed writers left in a folder."""
    with suppress(OSError):
        for path in folder.glob(f"{PARTIAL}*"):
            if time.time() - path.stat().st_mtime > PARTIAL_SECONDS:
                path.unlink(missing_ok=True)


def set_aside(path: Path, why: str = "damaged") -> Path:
    """Keep a file as `<name>.<why>-<time>`, so that another can take its place; its new path.

    Raises:
        DataError: it cannot be renamed.
    """
    name, count = f"{path.name}.{why}-{time.strftime('%Y%m%d-%H%M%S')}", 1
    kept = path.with_name(name)
    while kept.exists():
        count += 1
        kept = path.with_name(f"{name}-{count}")
    try:
        os.replace(path, kept)
    except OSError as error:
        raise DataError(f"{path} is {why} and cannot be renamed ({error.strerror}); move it away.") from error
    return kept


def as_json(content: Any) -> bytes:
    """JSON as people can read it."""
    return json.dumps(content, ensure_ascii=False, indent=1).encode(errors="replace")


class JsonFiles:
    """JSON files and what is made of them, read again only when another one has taken their place."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[tuple[int, int, int], Any]] = {}

    def read(self, path: Path, make: Callable[[Any], Any]) -> Any:
        """What `make` makes of a file's content, always the same of one file; None where there is no file.

        Raises:
            DamagedError: it is no JSON, or `make` cannot use it.
            DataError: it cannot be read now.
        """
        try:
            state = path.stat()
            mark = (state.st_ino, state.st_mtime_ns, state.st_size)
            known = self._read.get(path)
            if known is None or known[0] != mark:
                known = self._read[path] = (mark, make(json.loads(path.read_bytes())))
        except FileNotFoundError:
            self._read.pop(path, None)
            return None
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error.strerror}); try again.") from error
        except DataError:
            raise
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
            raise DamagedError(f"{path} is damaged.") from error
        return known[1]
