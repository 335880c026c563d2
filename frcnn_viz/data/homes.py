"""Where a picture is: in one's own workspace, or in one that is there for all to read, such as a teacher's.

A picture that both have is one's own, with what one drew on it: the same key never stands for two at once.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.clip import PREFIX
from frcnn_viz.data.tenant import NO_LIMITS, Limits, tenant
from frcnn_viz.data.workspace import Workspace

MOST = 64
"""Workspaces that are held open: what was read of their files stays known."""


def own() -> Workspace:
    """The tenant's own workspace; the same for all of this process.

    Raises:
        DataError: its folder cannot be used.
    """
    one = tenant()
    return _open(one.folder, one.limits, False)


def shared() -> Workspace | None:
    """The one that the tenant may read, and none may write; None where there is none."""
    folder = tenant().shared
    return folder and _open(folder, NO_LIMITS, True)


def of_class() -> Workspace:
    """The one with the pictures of a class: to those who read it the shared one, to the teacher one's own.

    Raises:
        DataError: as `own`.
    """
    return shared() or own()


def home_of(key: str) -> Workspace:
    """The workspace that has an image (its id) or a clip (`clip:NAME@FRAME`); where none has, one's own, to say so.

    Raises:
        DataError: one's own cannot be used.
    """
    mine, theirs = own(), shared()
    return theirs if theirs and not _has(mine, key) and _has(theirs, key) else mine


def copy(key: str) -> None:
    """Put a shared picture, and what is drawn on it, among one's own.

    Raises:
        DataError, ImageError: it is gone or damaged, or cannot be kept. FullError: there is no room for it.
    """
    home, item = home_of(key), home_of(key).item(key)
    try:
        content = home.picture_path(key).read_bytes()
    except OSError as error:
        raise DataError(f"{item.name} cannot be read ({error.strerror}); choose another picture.") from error
    own().add(content, item.name, item.objects)


def _has(workspace: Workspace, key: str) -> bool:
    if key.startswith(PREFIX):
        return key.removeprefix(PREFIX).partition("@")[0] in workspace.clips
    return key in workspace


@lru_cache(maxsize=MOST)
def _open(folder: Path, limits: Limits, read_only: bool) -> Workspace:
    return Workspace(folder, limits, read_only=read_only)
