"""A class as its teacher sees it: of each visitor where they are, what they answered, keep and run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from frcnn_viz.classroom.answers import Answers, Reader
from frcnn_viz.classroom.roll import Place
from frcnn_viz.classroom.visitors import Visitors
from frcnn_viz.data.room import Held, Room
from frcnn_viz.data.tenant import Tenant, acting_as
from frcnn_viz.training.experiment_store import all_experiments
from frcnn_viz.training.folder import Folder
from frcnn_viz.training.signals import Status
from frcnn_viz.training.store import all_runs

AT_ONCE = 3
"""Folders that are measured again at each look, those first whose measure is the oldest."""


@dataclass(frozen=True)
class Work:
    """A run or an experiment that is under way, or waits."""

    folder: Folder
    status: Status


@dataclass(frozen=True)
class Visitor:
    """One of a class.

    Attributes:
        number: by the order in which they came, from 1. one: whose workspace it is.
        when: they were here last, in seconds since 1970. is_here: whether they are.
        place: where they are or were; None where that was before the server began.
        answers: what they answered. held: what they keep, as it was a little while ago. work: what runs for them.
    """

    number: int
    one: Tenant
    when: float
    is_here: bool
    place: Place | None
    answers: Answers
    held: Held
    work: Work | None

    @property
    def key(self) -> str:
        """The name of their folder."""
        return self.one.folder.name


class Register:
    """Of a class.

    Attributes:
        visitors: whose it is.
    """

    def __init__(self, visitors: Visitors) -> None:
        self.visitors = visitors
        self._reader = Reader()
        self._held: dict[str, tuple[float, Held]] = {}
        self._lock = threading.Lock()

    def look(self) -> list[Visitor]:
        """All of the class, those who came first first."""
        with self._lock:
            everyone = self.visitors.all()
            names = {one.folder.name for one in everyone}
            self._reader.forget(names)
            self._held = {name: held for name, held in self._held.items() if name in names}
            self._measure(everyone)
            return [self._visitor(number, one) for number, one in enumerate(everyone, 1)]

    def _visitor(self, number: int, one: Tenant) -> Visitor:
        name, roll = one.folder.name, self.visitors.roll
        return Visitor(
            number,
            one,
            max(roll.when(name), self.visitors.last_visit(one)),
            roll.is_here(name),
            roll.place(name),
            self._reader.read(one),
            self._held[name][1],
            work_of(one),
        )

    def _measure(self, everyone: Iterable[Tenant]) -> None:
        """Walking through a folder takes milliseconds, so a look walks through few but those it never saw."""
        longest = sorted(everyone, key=lambda one: self._held.get(one.folder.name, (0.0, None))[0])
        for place, one in enumerate(longest):
            if place < AT_ONCE or one.folder.name not in self._held:
                self._held[one.folder.name] = time.monotonic(), Room(one.folder).held()


def work_of(one: Tenant) -> Work | None:
    """What is under way or waits for a visitor."""
    with acting_as(one):
        for folder in (*all_experiments(), *all_runs()):
            if (status := folder.status).under_way:
                return Work(folder, status)
    return None


def end_work(one: Tenant) -> None:
    """Ask what is under way for a visitor to stop after its step, with its state saved."""
    if work := work_of(one):
        work.folder.ask_to_stop()
