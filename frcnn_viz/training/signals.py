"""What passes between a run's process and those who watch it: its word, its life, and the wish that it stop.

status.json   what it said last
.lock         held by it as long as it lives, however it ends
stop          there when it is to stop after its step
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.files import JsonFiles, as_json, write_whole
from frcnn_viz.training.recipe import TrainingError

STARTING, WAITING, RUNNING, STOPPED, DONE, FAILED = "starting", "waiting", "running", "stopped", "done", "failed"
UNDER_WAY = (STARTING, WAITING, RUNNING)
START_SECONDS = 60
"""So long a process may take to say its first word."""
GONE = (
    "Its process is gone without a word: it was killed, crashed, or ran out of memory or disk. "
    "Resume it to go on from the last state that was saved."
)
_FILES = JsonFiles()


@dataclass(frozen=True)
class Status:
    """What a run's process said last.

    Attributes:
        state: starting, waiting, running, stopped, done or failed. step: steps done.
        told: a sentence: what it waits for or does, or why it failed.
        pid: of the process. heartbeat: when it said so, seconds since 1970.
        ticket: its place in the line; empty where it stands in none.
    """

    state: str
    step: int = 0
    told: str = ""
    pid: int = 0
    heartbeat: float = 0.0
    ticket: str = ""

    @property
    def under_way(self) -> bool:
        """Whether a process is at it."""
        return self.state in UNDER_WAY


class Signals:
    """Those of one run.

    Attributes:
        path: of the run's folder.
    """

    def __init__(self, path: Path) -> None:
        """In a folder that is there."""
        self.path = path

    @property
    def status(self) -> Status:
        """What its process said last; where that is gone without a word, that it failed."""
        said = self._said()
        if not said.under_way or self.is_alive:
            return said
        again = self._said()  # it may have ended between the two looks
        early = said.state == STARTING and time.time() - said.heartbeat < START_SECONDS
        return again if early or again != said else replace(said, state=FAILED, told=GONE)

    def say(self, status: Status) -> None:
        """Put the process's word on disk; on a full disk over the old one, which needs no room."""
        content = as_json(asdict(replace(status, heartbeat=time.time())))
        try:
            write_whole(self.path / "status.json", content)
        except DataError:
            with suppress(OSError), (self.path / "status.json").open("r+b") as file:
                file.write(content)
                file.truncate()

    @property
    def is_alive(self) -> bool:
        """Whether a process holds its lock."""
        if not self.path.is_dir():
            return False
        try:
            with FileLock(self.path / ".lock", timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # the folder may not be written to
            return False

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Hold the run's lock, as its process does.

        Raises:
            TrainingError: another process has it.
        """
        lock = FileLock(self.path / ".lock", timeout=2)  # who looks whether it is held holds it a moment
        try:
            lock.acquire()
        except Timeout as error:
            raise TrainingError(f"the run {self.path.name!r} is under way in another process.") from error
        try:
            yield
        finally:
            lock.release()

    def ask_to_stop(self) -> None:
        """Its process looks for this after each step."""
        (self.path / "stop").touch()

    def let_go_on(self) -> None:
        """Take back `ask_to_stop`."""
        (self.path / "stop").unlink(missing_ok=True)

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether it is to stop after this step, as it is too when its folder is gone."""
        return (self.path / "stop").exists() or not self.path.is_dir()

    def _said(self) -> Status:
        path = self.path / "status.json"
        try:
            return _FILES.read(path, lambda content: Status(**content)) or Status(STOPPED)
        except DataError as error:
            return Status(FAILED, told=f"{error} Resume the run to write it anew.")
