"""What the folders of runs and of experiments have alike: how they are made, read, written and listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from filelock import FileLock

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.files import JsonFiles, as_json, write_whole
from frcnn_viz.data.tenant import tenant
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import run_name
from frcnn_viz.training.signals import Signals
from frcnn_viz.training.snapshot import Snapshot

T = TypeVar("T")
_FILES = JsonFiles()


class Folder(Signals):
    """JSON files, a list of pictures among them, and the signals of the process that works in the folder.

    Attributes:
        KIND: what sentences call what is in it: `run` or `experiment`, which is also its main file's name.
        MISSING: the end of the sentence where it is not there.
        name: of what is in it. path: of the folder.
    """

    KIND: ClassVar[str]
    MISSING: ClassVar[str]

    def __init__(self, folders: Path, name: str) -> None:
        """Of one that is there, among `folders`.

        Raises:
            TrainingError: it is not.
        """
        super().__init__(folders / run_name(name))
        self.name = name
        is_there = name == run_name(name) and (self.path / f"{self.KIND}.json").is_file()
        if not (is_there and tenant().holds(self.path)):
            raise TrainingError(f"the {self.KIND} {name[:80]!r} is not there; {self.MISSING}.")

    @property
    def snapshot(self) -> Snapshot:
        """Its list of pictures.

        Raises:
            TrainingError: `snapshot.json` is damaged.
        """
        return self._read("snapshot.json", Snapshot.from_dict)

    def set_snapshot(self, snapshot: Snapshot) -> None:
        """Replace the list, where pictures could not be read."""
        self._write("snapshot.json", snapshot.to_dict())

    def _write(self, name: str, content: Any) -> None:
        try:
            write_whole(self.path / name, as_json(content))
        except DataError as error:
            raise TrainingError(str(error)) from error

    def _read(self, name: str, make: Callable[[Any], T]) -> T:
        try:
            held = _FILES.read(self.path / name, make)
        except TrainingError as error:
            raise TrainingError(f"{self.path / name}: {error}") from error
        except DataError as error:
            raise TrainingError(f"{error} Remove the {self.KIND} and start it again.") from error
        if held is None:
            raise TrainingError(f"{self.path / name} is gone; remove the {self.KIND} and start it again.")
        return held


@contextmanager
def making(path: Path, kind: str) -> Iterator[None]:
    """Make a folder, and hold the place of its kind while its files are written.

    Raises:
        TrainingError: the disk is full, or does not let it write. What the body raises of its own goes through.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / ".new"):
            yield
    except (OSError, DataError) as error:
        raise TrainingError(
            f"the {kind} {path.name!r} cannot be made ({error}); make room, or let it write."
        ) from error


def newest_first(folders: Path, kind: str, make: Callable[[str], T]) -> list[T]:
    """Those that are there, the last started first; `make` opens one by its name."""
    started = {}
    for path in folders.glob(f"*/{kind}.json"):
        with suppress(OSError, TrainingError):  # removed meanwhile, or no name of one
            started[path.parent.name] = path.stat().st_mtime_ns, make(path.parent.name)
    return [folder for _, folder in sorted(started.values(), key=lambda pair: pair[0], reverse=True)]
