"""What was looked at last: a short list in the workspace's folder, `recent.json`, that every tab and server shares.

It is a convenience: where it cannot be read it is empty, and where it cannot be written nothing else fails.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.clip import PREFIX
from frcnn_viz.data.files import as_json, write_whole
from frcnn_viz.data.sample_clips import SAMPLE_CLIPS
from frcnn_viz.data.samples import SAMPLES
from frcnn_viz.data.workspace import Workspace

MOST = 20
WAIT = 2
"""Seconds that a writer waits for another before it lets it be."""


def looked_at(workspace: Workspace, key: str) -> None:
    """Put a picture, a sample's name or an id of the workspace, before the others; of a clip's frame the clip."""
    path, key = _path(workspace), key.partition("@")[0]
    if _read(path)[:1] == [key]:
        return
    with suppress(DataError, OSError, Timeout), FileLock(path.with_name(".recent.lock"), timeout=WAIT):
        others = [other for other in _read(path) if other != key]
        write_whole(path, as_json([key, *others][:MOST]))


def recent(workspace: Workspace, shared: Workspace | None = None) -> list[str]:
    """The pictures that were looked at and are still there, or in one that is shared, the latest first, at most 20."""
    there = {*SAMPLES, *(f"{PREFIX}{name}" for name in SAMPLE_CLIPS)}
    for home in filter(None, (workspace, shared)):
        there |= {*home.ids, *(f"{PREFIX}{name}" for name in home.clips.ids())}
    return [key for key in _read(_path(workspace)) if key in there]


def _path(workspace: Workspace) -> Path:
    return workspace.folder / "recent.json"


def _read(path: Path) -> list[str]:
    with suppress(OSError, ValueError, RecursionError):
        keys = json.loads(path.read_bytes())
        if isinstance(keys, list):
            return [key for key in keys if isinstance(key, str)][:MOST]
    return []
