"""A run's turn: it waits in the line, computes while it has the place, and gives way to others after a while."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from filelock import Timeout

from frcnn_viz.data.tenant import tenant
from frcnn_viz.training.launch import LOG
from frcnn_viz.training.line import BusyError, Line
from frcnn_viz.training.signals import FAILED, STOPPED, WAITING, Signals

LOOK_SECONDS = 0.25
"""How often the next in the line looks whether it is its turn."""
FARTHEST = 4
"""Who is further back looks that many times more rarely, at most."""
TELL_SECONDS = 1.0
"""How often the process says where it is, at most."""
OTHERS_SECONDS = 3.0
"""How often a run that has had its time looks whether others wait."""
NO_MEMORY = "The memory ran out; make the batch or the pictures smaller, and start another run."


class StopAsked(Exception):
    """The run is to stop here, and its state is saved."""

    def __init__(self, step: int) -> None:
        """`step`: steps done."""
        super().__init__(step)
        self.step = step


class GaveWay(StopAsked):
    """It stops for others who wait, and is to go on once it is its turn again."""

    def __init__(self, step: int, others: int) -> None:
        """`others`: how many of them there are."""
        super().__init__(step)
        self.told = f"It gave way to {others} other{'s' * (others != 1)}; it waits for its turn again."


class Voice:
    """Says where the process is: at once when that is another state, else once a second if it is news.

    Attributes:
        status: what was said last.
    """

    def __init__(self, folder: Signals) -> None:
        """With the ticket the process was given."""
        self.folder = folder
        self._when = 0.0
        self._said = folder.status
        self.status = replace(self._said, pid=os.getpid())

    def __call__(self, state: str, step: int | None = None, told: str = "") -> None:
        """`step`: steps done; None for as many as before."""
        step = self.status.step if step is None else step
        self.status = replace(self.status, state=state, step=step, told=told)
        due = state != self._said.state or time.monotonic() - self._when > TELL_SECONDS
        if due and self.status != self._said:
            self._when, self._said = time.monotonic(), self.status
            self.folder.say(self.status)

    @contextmanager
    def end(self) -> Iterator[None]:
        """Say how what is within ends where it does not go well; what it raised goes on."""
        try:
            yield
        except GaveWay:
            raise  # which is no end
        except StopAsked as stopped:
            self(STOPPED, stopped.step)
            raise
        except (ValueError, OSError) as error:
            self(FAILED, None, str(error))
            raise
        except Exception as error:
            from frcnn_viz.pipeline.exhaustion import is_out_of_memory  # with torch, which is there by now

            plain = f"{type(error).__name__}: {error} ({self.folder.path / LOG})"
            self(FAILED, None, NO_MEMORY if is_out_of_memory(error) else plain)
            raise


class Place:
    """The place of the one whose turn it is."""

    def __init__(self, line: Line, ticket: str, seconds: float | None) -> None:
        """`seconds`: after which it is to give way; None for never."""
        self._line, self._ticket, self._seconds = line, ticket, seconds
        self._until = self._looked = 0.0

    def after_step(self, step: int) -> None:
        """Give way where the time is over and others wait; it counts from the first step, so one is always done.

        Raises:
            GaveWay: so it is.
        """
        now = time.monotonic()
        if self._seconds is None:
            return
        self._until = self._until or now + self._seconds
        if now >= self._until and now - self._looked >= OTHERS_SECONDS:
            self._looked = now
            self.between_runs(step)

    def between_runs(self, step: int) -> None:
        """Give way where others wait, whatever the time.

        Raises:
            GaveWay: some do.
        """
        with suppress(BusyError):  # another time
            others = self._line.others(self._ticket)
            if others:
                raise GaveWay(step, others)


@contextmanager
def turn(line: Line, ticket: str, say: Voice) -> Iterator[Place]:
    """Wait until none that was asked for earlier is under way, then hold the place. Who calls stands in the line.

    Raises:
        StopAsked: it is not to begin.
    """
    seconds, first, known, told = tenant().limits.run_seconds, say.status.told, None, ""
    while True:
        if say.folder.is_asked_to_stop:
            raise StopAsked(say.status.step)
        try:
            before = line.before(ticket)
        except BusyError:
            continue
        if not before:
            try:
                line.place.acquire()
                break
            except Timeout:  # one that was slow to begin
                pass
        if before != known:
            known, told = before, f"{first} {waits_for(line, before, seconds)}".lstrip()
        say(WAITING, None, told)
        time.sleep(LOOK_SECONDS * min(max(1, len(before)), FARTHEST))
    try:
        yield Place(line, ticket, seconds)
    finally:
        line.place.release()


def waits_for(line: Line, before: Sequence[str], seconds: float | None = None) -> str:
    """For what it waits, in a sentence: by its name where it is the tenant's own, else how many there are.

    Args:
        line: it stands in.
        before: the tickets before it.
        seconds: after which each of them gives way.
    """
    if not before or line.is_mine(before[0]):
        return f"Waits for {_name_of(before[0]) if before else 'another run'}."
    count = sum(not line.is_mine(ticket) for ticket in before)
    told = "1 run of others is" if count == 1 else f"{count} runs of others are"
    about = f"; its turn comes within about {max(1, round(len(before) * seconds / 60))} min" if seconds else ""
    return f"{told} before this one{about}."


def _name_of(ticket: str) -> str:
    for kind in ("runs", "experiments"):
        for path in (tenant().folder / kind).glob("*/status.json"):
            if Signals(path.parent).status.ticket == ticket:
                return path.parent.name
    return "another run"
