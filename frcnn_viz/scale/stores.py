"""Where pictures are: a folder of this machine, or a store that fsspec opens. None of them is read here."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import PurePosixPath
from typing import NamedTuple

from fsspec.core import url_to_fs

from frcnn_viz.data.images import clean_name

AT_ONCE = 32
"""Questions that a store is asked at a time: each takes it some 10 ms."""
MARKS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "Last-Modified", "created")
"""What stores call that by which one tells that a file was changed, the surest first."""


class Picture(NamedTuple):
    """A picture as its store knows it; `path` is None where it is not there, which `problem` says in a sentence."""

    path: str | None
    version: str = ""
    problem: str | None = None


def is_address(name: str) -> bool:
    """Whether it is no path of this machine."""
    return "://" in name


def within(root: str, name: str) -> str | None:
    """The path or address of what lies in a folder under a relative name; None where nothing can lie under that."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts or is_address(name) or os.path.splitdrive(name)[0]:
        return None
    path = f"{root.rstrip('/')}/{'/'.join(parts)}"
    return path if path == path.encode(errors="ignore").decode() else None


def look_at(paths: Iterable[str], versions: bool = True) -> list[Picture]:
    """What is known of each path or address; a store is asked for several at a time.

    Args:
        paths: absolute where they are of this machine.
        versions: False asks no store: its pictures are taken to be there.
    """
    paths = list(paths)
    if not any(map(is_address, paths)):
        return [_local(path) for path in paths]
    look: Callable[[str], Picture] = _remote if versions else Picture
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda path: look(path) if is_address(path) else _local(path), paths))


def _local(path: str) -> Picture:
    with suppress(OSError, ValueError):  # a NUL, or what no file system can write
        state = os.stat(path)
        if stat.S_ISREG(state.st_mode):
            return Picture(path, f"{state.st_size}-{state.st_mtime_ns}")
    return Picture(None, problem=f"{_shown(path)} is not there; check the path.")


def _remote(address: str) -> Picture:
    try:
        store, path = url_to_fs(address)
        told = store.info(path)
    except FileNotFoundError:
        return Picture(None, problem=f"{_shown(address)} is not there; check the address.")
    except ImportError as error:
        return Picture(None, problem=f"{_shown(address)} cannot be opened: {clean_name(str(error), 200)}.")
    except Exception as error:  # each store has its own
        why = clean_name(str(error) or type(error).__name__, 200)
        return Picture(None, problem=f"{_shown(address)} cannot be looked up ({why}); check the address.")
    if told.get("type") == "directory":
        return Picture(None, problem=f"{_shown(address)} is a folder, no picture.")
    marks = (told.get("size"), next((told[name] for name in MARKS if told.get(name)), None))
    return Picture(address, "-".join(str(mark) for mark in marks if mark is not None))


def _shown(path: str) -> str:
    return clean_name(path, 300)
