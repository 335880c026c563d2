"""Files that survive a killed server: written beside their place and moved over it, never half of one."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from frcnn_viz.data.annotations import DataError


def write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing, even when the power fails: written beside, flushed to disk, moved over.

    Raises:
        DataError: the disk is full or the folder cannot be written to; the old file is untouched.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
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


def as_json(content: Any) -> bytes:
    """JSON as people can read it."""
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


class JsonFiles:
    """JSON files, read again only when another one has taken their place."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[tuple[int, int, int], Any]] = {}

    def read_json(self, path: Path) -> Any:
        """A file's content, not to be changed; None where there is no file.

        Raises:
            DataError: it is damaged.
        """
        try:
            state = path.stat()
            mark = (state.st_ino, state.st_mtime_ns, state.st_size)
            known = self._read.get(path)
            if known is None or known[0] != mark:
                known = self._read[path] = (mark, json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise DataError(f"{path} is damaged; restore it from a backup or remove it.") from error
        return known[1]
