"""Files that appear under their name only when whole: written beside it under a name of their own, then moved there."""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

STALE = 3600
"""Seconds after which a partial file is nobody's."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to: moved there when the block ends well, removed when it does not.

    What a killed process left there an hour ago is removed too.

    Raises:
        OSError: the folder cannot be written to.
    """
    partial = path.with_name(f".{path.name}.{uuid4().hex}.partial")
    for left in partials(path):
        with suppress(OSError):  # another process was quicker
            if left.stat().st_mtime < time.time() - STALE:
                left.unlink()
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def partials(path: Path) -> list[Path]:
    """What is being written for `path`, or was when a process was killed."""
    return list(path.parent.glob(f"*{glob.escape(path.stem)}*.partial"))
