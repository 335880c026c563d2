"""Whose work is done: the one value by which every reader and writer finds its files and knows what it may do.

One person at one computer is the tenant of the folder that `FRCNN_VIZ_WORKSPACE` names, without limits. A server for a
class tells by `find_by` how the visitor is found for whom a script runs, and does by `acting_as` what a request asks
for; work that is nobody's is refused there. A process that is started gets the tenant in its environment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from frcnn_viz.data.annotations import DataError

FOLDER_VARIABLE, TENANT_VARIABLE = "FRCNN_VIZ_WORKSPACE", "FRCNN_VIZ_TENANT"
"""The environment variables of the folder, and of all else (JSON), which the class's server gives its processes."""


@dataclass(frozen=True)
class Limits:
    """What a tenant may keep and do; None is without a limit.

    Attributes:
        images: pictures and clips. nbytes: of all files. runs: under way or waiting at once.
        run_seconds: after which a run is to let others have a turn.
    """

    images: int | None = None
    nbytes: int | None = None
    runs: int | None = None
    run_seconds: float | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Tenant:
    """Who it is, by what is theirs.

    Attributes:
        folder: of the workspace: pictures, clips, runs, examinations, answers, checkpoints.
        limits: of what is in it.
        opens_paths: whether files of this computer may be opened by their path.
        fetches: whether weights may be downloaded, which are then there for all.
        shared: another workspace's folder, to be read and never written.
        line: the folder in which runs queue; None for those of this workspace alone.
    """

    folder: Path
    limits: Limits = NO_LIMITS
    opens_paths: bool = True
    fetches: bool = True
    shared: Path | None = None
    line: Path | None = None

    def file(self, *parts: str) -> Path:
        """A file in the workspace, whatever names are asked for.

        Raises:
            DataError: it would be outside, by its name or by a link.
        """
        path = self.folder.joinpath(*parts)
        if not _is_inside(path, self.folder):
            raise DataError(f"{'/'.join(parts)[:80]!r} is not in this workspace; choose what is.")
        return path

    def discreet(self, text: str) -> str:
        """A sentence without where its files lie, for one who may not know the computer's folders."""
        if self.opens_paths:
            return text
        for folder, name in ((self.folder, "your workspace"), (self.shared, "the class's workspace")):
            text = text.replace(str(folder), name) if folder else text
        return text

    def holds(self, path: Path) -> bool:
        """Whether a file or folder of the workspace is theirs: a link may lead out of it for who opens paths."""
        return self.opens_paths or _is_inside(path, self.folder)

    def named(self, path: str) -> Path:
        """A file or folder of this computer that is named by its path.

        Raises:
            DataError: they may not open it so.
        """
        if not self.opens_paths:
            raise DataError(f"{path[:80]!r} cannot be opened by its path here; bring the files on the page Images.")
        return Path(path)

    def environment(self) -> dict[str, str]:
        """What makes it `usual()` in a process of its own."""
        rest = {
            "limits": asdict(self.limits),
            "opens_paths": self.opens_paths,
            "fetches": self.fetches,
            "shared": str(self.shared.absolute()) if self.shared else None,
            "line": str(self.line.absolute()) if self.line else None,
        }
        return {FOLDER_VARIABLE: str(self.folder.absolute()), TENANT_VARIABLE: json.dumps(rest)}


def _is_inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # no name of a file, or links that lead in a circle
        return False


def usual() -> Tenant:
    """The tenant that the environment tells of: without `FRCNN_VIZ_TENANT` the one to whom the computer belongs."""
    told = json.loads(os.environ.get(TENANT_VARIABLE, "{}"))
    whole = Tenant(default_folder())
    places = {name: Path(told[name]) for name in ("shared", "line") if told.get(name)}
    rights = {name: told[name] for name in ("opens_paths", "fetches") if name in told}
    return replace(whole, limits=Limits(**told.get("limits", {})), **rights, **places)


def default_folder() -> Path:
    """Where the workspace is unless told otherwise: `FRCNN_VIZ_WORKSPACE`, else the user's data directory."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen).expanduser() if chosen else user_data_path("frcnn-viz", appauthor=False) / "workspace"


def tenant() -> Tenant:
    """The one for whom this is done.

    Raises:
        DataError: it is nobody's, on a server where each visitor has a workspace.
    """
    return _ACTING.get() or _find()


@contextmanager
def acting_as(one: Tenant) -> Iterator[None]:
    """Do what is within for this tenant, in this thread or task and those that take its context."""
    token = _ACTING.set(one)
    try:
        yield
    finally:
        _ACTING.reset(token)


def find_by(finder: Callable[[], Tenant]) -> None:
    """Let `finder` tell the tenant of everything that is not within `acting_as`. It raises DataError for nobody."""
    global _find
    _find = finder


_ACTING: ContextVar[Tenant | None] = ContextVar("tenant", default=None)
_find: Callable[[], Tenant] = usual
