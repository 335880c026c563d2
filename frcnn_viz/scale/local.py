"""A run on one machine: processes that take shards in turn. One that dies is started again, and so is its shard."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Any

from frcnn_viz.data.annotations import DataError
from frcnn_viz.scale.folder import LOG, Plan, ResultsFolder
from frcnn_viz.scale.process import work
from frcnn_viz.scale.tasks import At, Deaths, Done, Failed, Task


class _Hand:
    """A process as its driver sees it."""

    def __init__(self, context: Any, *start: Any) -> None:
        self.pipe, there = context.Pipe()
        self.process: SpawnProcess = context.Process(target=work, args=(there, *start), daemon=True)
        with _undisturbed():
            self.process.start()
        there.close()
        self.task: Task | None = None
        self.at = At()

    def give(self, task: Task) -> None:
        """A shard to do; a process that is dying does not hear it, which is seen when it is listened to."""
        self.task = task
        with suppress(OSError):
            self.pipe.send(task)

    def end(self) -> None:
        """At once; what it wrote is whole."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run_local(
    folder: ResultsFolder,
    plan: Plan,
    shards: Iterable[tuple[int, str]],
    *,
    workers: int,
    random_weights: bool = False,
    tell: Callable[[int], None] = lambda images: None,
) -> int:
    """Do shards of a run on this machine.

    Args:
        folder: of the results, planned.
        plan: of it.
        shards: to be done, with their keys.
        workers: how many processes; on the CPU each keeps one core busy.
        random_weights: whether the detector has those.
        tell: is called with the number of images examined so far. What it raises ends the run.

    Returns:
        How many times a process had died and was started again.

    Raises:
        DataError: a process cannot go on, such as for want of weights or of room on the disk.
    """
    run = _Run(folder, [Task(shard, key) for shard, key in shards], (folder.path, plan, random_weights))
    try:
        while run.staff(workers):
            run.listen()
            tell(run.images)
    finally:
        run.end()
    return run.deaths.count


class _Run:
    """The driver: who does which shard, and at which pictures processes died."""

    def __init__(self, folder: ResultsFolder, tasks: Iterable[Task], start: tuple[Any, ...]) -> None:
        self._waiting = deque(tasks)
        self._start = start
        self._context = multiprocessing.get_context("spawn")
        self._hands: list[_Hand] = []
        self.deaths = Deaths(str(folder.path / LOG))
        self._images = 0

    @property
    def images(self) -> int:
        """Examined so far."""
        return self._images + sum(hand.at.done for hand in self._hands)

    def staff(self, workers: int) -> bool:
        """Give what waits to who is idle, or to new processes up to so many; whether anything is under way then."""
        for hand in self._hands:
            if self._waiting and not hand.task:
                hand.give(self._waiting.popleft())
        while self._waiting and len(self._hands) < workers:
            self._hands.append(_Hand(self._context, *self._start))
            self._hands[-1].give(self._waiting.popleft())
        return any(hand.task for hand in self._hands)

    def listen(self) -> None:
        """What the processes tell, or that they died, once any does; at most a second."""
        hands = {hand.pipe: hand for hand in self._hands}
        for pipe in wait(list(hands), timeout=1):
            try:
                told = pipe.recv()
            except (EOFError, OSError):
                self._bury(hands[pipe])
            else:
                self._hear(hands[pipe], told)

    def end(self) -> None:
        """No process is left."""
        for hand in self._hands:
            hand.end()

    def _hear(self, hand: _Hand, told: At | Done | Failed) -> None:
        if isinstance(told, Failed):
            raise DataError(told.sentence)
        if isinstance(told, At):
            hand.at = told
        else:
            self._images += told.images
            hand.task, hand.at = None, At()

    def _bury(self, hand: _Hand) -> None:
        """What a dead process was at is done again, first."""
        self._hands.remove(hand)
        hand.end()
        if hand.task:
            self._waiting.appendleft(self.deaths.again(hand.task, hand.at))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl+C waits: a process that is started within never hears it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
