"""The line of runs: who asked first goes first, and a tenant stands in it no more often than may be.

line/.door        held for a moment by whoever looks or changes something
line/.place       held by the one whose turn it is
line/TICKET.new   drawn for a process that is to begin
line/TICKET       held by that process as long as it lives, however it ends

A ticket tells when it was drawn and a digest of whose it is, no more: all tenants of a class stand in one line.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from frcnn_viz.data.tenant import Tenant
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.signals import START_SECONDS

NEW = ".new"
DOOR_SECONDS = 20
"""So long the door may be held by others."""


class BusyError(TrainingError):
    """The door is held by another for long, such as one that the system has no time or memory for."""


class Line:
    """The line that a tenant's runs stand in.

    Attributes:
        folder: of it. place: the lock of the one whose turn it is.
    """

    def __init__(self, one: Tenant) -> None:
        """Nothing is made yet."""
        self.folder = one.line or one.folder / "line"
        self.place = FileLock(self.folder / ".place", timeout=0)
        self._mark = hashlib.sha256(str(one.folder.absolute()).encode()).hexdigest()[:16]
        self._most = one.limits.runs

    def is_mine(self, ticket: str) -> bool:
        """Whether it was drawn for this tenant."""
        return bool(re.fullmatch(rf"\d{{20}}-{self._mark}-[0-9a-f]{{8}}", ticket))

    @property
    def mine(self) -> int:
        """How many of the tenant's runs are under way or waiting."""
        return sum(map(self.is_mine, self._standing()))

    @property
    def is_full(self) -> bool:
        """Whether these are as many as may be."""
        return self._most is not None and self.mine >= self._most

    def check(self) -> None:
        """Tell before anything is begun that it would be refused.

        Raises:
            TrainingError: the tenant has as many runs under way or waiting as may be.
        """
        if self.is_full:
            raise TrainingError(self._refusal)

    def draw(self, instead_of: str = "") -> str:
        """A ticket at the end of the line, for a process that is to begin within a minute.

        Args:
            instead_of: one that is about to be given back, and does not count.

        Raises:
            TrainingError: the tenant has as many runs under way or waiting as may be.
        """
        with self._door() as standing:
            mine = sum(self.is_mine(ticket) for ticket in standing if ticket != instead_of)
            if self._most is not None and mine >= self._most:
                raise TrainingError(self._refusal)
            ticket = f"{time.time_ns():020}-{self._mark}-{secrets.token_hex(4)}"
            (self.folder / f"{ticket}{NEW}").touch()
        return ticket

    @contextmanager
    def drawn(self) -> Iterator[str]:
        """A ticket for a process that is started within; it is given back where that fails.

        Raises:
            TrainingError: as `draw`.
        """
        ticket = self.draw()
        try:
            yield ticket
        except BaseException:
            self.give_back(ticket)
            raise

    def give_back(self, ticket: str) -> None:
        """Its process will not begin."""
        (self.folder / f"{ticket}{NEW}").unlink(missing_ok=True)

    @contextmanager
    def standing(self, ticket: str) -> Iterator[None]:
        """Stand in the line with a ticket, as its process does; behind all that were drawn before.

        Raises:
            TrainingError: it is no ticket of this tenant's.
        """
        if not self.is_mine(ticket):
            raise TrainingError(f"{ticket[:80]!r} is no ticket for the line of runs; start the run from the app.")
        path = self.folder / ticket
        lock = FileLock(path, timeout=0)
        with self._door():
            lock.acquire()
            self.give_back(ticket)
        try:
            yield
        finally:
            lock.release()
            with suppress(OSError):  # who finds it dead sweeps it out
                path.unlink(missing_ok=True)

    def before(self, ticket: str) -> list[str]:
        """The tickets before this one, the first first."""
        return [other for other in self._standing() if other < ticket]

    def others(self, ticket: str) -> int:
        """How many stand in the line besides this one."""
        return sum(other != ticket for other in self._standing())

    def _standing(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        with self._door() as standing:
            return standing

    @contextmanager
    def _door(self) -> Iterator[list[str]]:
        """What stands in the line, in order, while nobody else looks or changes it; what is dead is swept out.

        Raises:
            TrainingError: the folder cannot be written to. BusyError: another process keeps the door.
        """
        door = FileLock(self.folder / ".door", timeout=DOOR_SECONDS, poll_interval=0.01)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            door.acquire()
        except Timeout as error:
            raise BusyError("the line of runs cannot be looked at; the computer is very busy, try again.") from error
        except OSError as error:
            raise TrainingError(f"the line of runs cannot be kept ({error}); let it be written to.") from error
        try:
            yield sorted(path.name.removesuffix(NEW) for path in self.folder.glob("[0-9]*") if _lives(path))
        finally:
            door.release()

    @property
    def _refusal(self) -> str:
        count = "one run of yours is" if self._most == 1 else f"{self._most} runs of yours are"
        return f"{count} under way; wait until it is done, or stop it." if self._most else "no run can be started here."


def _lives(path: Path) -> bool:
    """Whether a ticket's process lives, or may yet begin; else it is removed. Who asks holds the door."""
    if path.suffix == NEW:
        drawn = int(path.name.partition("-")[0]) / 1e9
        if abs(time.time() - drawn) < START_SECONDS:
            return True
    else:
        try:
            with FileLock(path, timeout=0):
                pass
        except Timeout:
            return True
    path.unlink(missing_ok=True)
    return False
