"""A run on one machine: processes that take shards in turn. One that dies is started again, and so is its shard."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import queue
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

import torch

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.bounds import clean_name
from frcnn_viz.scale.examine import AHEAD
from frcnn_viz.scale.folder import Plan, ResultsFolder
from frcnn_viz.scale.work import do_shard, open_examiner

LOG = "log.txt"
"""In the folder of results: what the processes wrote besides."""
MOST_DEATHS = 10
"""In a row without an image examined; then it is no accident."""
KILLER = "{} ended the process that examined it twice: it crashed, or was killed, maybe for want of memory."
DIES = "The processes that examine end before they begin; {} may tell why. Fewer --workers take less memory."


@dataclass(frozen=True)
class Task:
    """A shard to be done, by a process that knows nothing of what happened before.

    Attributes:
        spared: as `do_shard` takes it. careful: whether one picture at a time is in hand, since a process died here.
    """

    shard: int
    key: str
    spared: dict[str, str] = field(default_factory=dict)
    careful: bool = False


@dataclass(frozen=True)
class At:
    """What a process has in hand: images done of its shard, and the ids it is at."""

    done: int
    images: tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """The shard's files are in place, of so many images."""

    images: int


@dataclass(frozen=True)
class Failed:
    """It cannot go on, for a reason that stays: a plain sentence."""

    sentence: str


class _Hand:
    """A process as its driver sees it."""

    def __init__(self, context: Any, *start: Any) -> None:
        self.pipe, there = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_work, args=(there, *start), daemon=True)
        with _undisturbed():
            self.process.start()
        there.close()
        self.task: Task | None = None
        self.at = At(0, ())

    def give(self, task: Task | None) -> None:
        """A shard to do; a process that is dying does not hear it, which is seen when it is listened to."""
        self.task, self.at = task, At(0, ())
        if task:
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
    run.go(workers, tell)
    return run.deaths


class _Run:
    """The driver: who does which shard, and what is known of pictures at which a process died."""

    def __init__(self, folder: ResultsFolder, tasks: Iterable[Task], start: tuple[Any, ...]) -> None:
        self._log = folder.path / LOG
        self._waiting = deque(tasks)
        self._start = start
        self._suspects: Counter[str] = Counter()
        self._in_a_row = 0
        self._images = 0
        self.deaths = 0

    def go(self, workers: int, tell: Callable[[int], None]) -> None:
        context = multiprocessing.get_context("spawn")
        hands: list[_Hand] = []
        try:
            for _ in range(min(workers, len(self._waiting))):
                hands.append(self._begin(context))
            while any(hand.task for hand in hands):
                for pipe in wait([hand.pipe for hand in hands], timeout=1):
                    (hand,) = (hand for hand in hands if hand.pipe is pipe)
                    try:
                        self._hear(hand, pipe.recv())
                    except (EOFError, OSError):
                        hands.remove(hand)
                        self._bury(hand)
                        if self._waiting:
                            hands.append(self._begin(context))
                tell(self._images + sum(hand.at.done for hand in hands))
        finally:
            for hand in hands:
                hand.end()

    def _begin(self, context: Any) -> _Hand:
        hand = _Hand(context, *self._start)
        self._give(hand)
        return hand

    def _give(self, hand: _Hand) -> None:
        hand.give(self._waiting.popleft() if self._waiting else None)

    def _hear(self, hand: _Hand, told: At | Done | Failed) -> None:
        if isinstance(told, Failed):
            raise DataError(told.sentence)
        if isinstance(told, At):
            self._in_a_row = self._in_a_row if told.done == 0 else 0
            hand.at = told
        else:
            self._images += told.images
            self._give(hand)

    def _bury(self, hand: _Hand) -> None:
        """What a dead process was at is done again, first; a picture that was in hand at two deaths is let be."""
        hand.end()
        self.deaths += 1
        self._in_a_row += 1
        if self._in_a_row > MOST_DEATHS:
            raise DataError(DIES.format(self._log))
        if hand.task:
            self._suspects.update(hand.at.images)
            killers = [name for name in hand.at.images if self._suspects[name] >= 2]
            if killers:
                self._in_a_row = 0
            spared = hand.task.spared | {name: KILLER.format(clean_name(name)) for name in killers}
            self._waiting.appendleft(Task(hand.task.shard, hand.task.key, spared, careful=True))


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


def _work(pipe: Connection, path: Any, plan: Plan, random_weights: bool) -> None:
    """The process: it does shards until its driver is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the driver
    folder = ResultsFolder(path)
    with (path / LOG).open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    faulthandler.enable()
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, tasks), daemon=True).start()
    torch.set_num_threads(1)  # sums in another order end otherwise in the last digit: so many cores, so many processes
    try:
        examiner = open_examiner(plan, random_weights=random_weights)
        while True:
            task = tasks.get()
            images = do_shard(
                folder,
                task.shard,
                task.key,
                examiner,
                spared=task.spared,
                ahead=0 if task.careful else AHEAD,
                tell=lambda done, images: pipe.send(At(done, images)),
            )
            pipe.send(Done(images))
    except BrokenPipeError:
        pass  # nobody listens any more
    except (ValueError, OSError) as error:
        pipe.send(Failed(str(error)))


def _listen(pipe: Connection, tasks: queue.SimpleQueue[Task]) -> None:
    """Take what is asked for; a driver that is gone ends this process, whatever it is at."""
    try:
        while True:
            tasks.put(pipe.recv())
    except (EOFError, OSError):
        os._exit(0)
