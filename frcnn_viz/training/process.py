"""A run in a process of its own, which outlives the browser and the server: start it, stop it, let it go on.

`python -m frcnn_viz.training.process NAME` is that process. Runs queue: the one that was asked for first goes first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from filelock import FileLock, Timeout

from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.runs import runs_folder
from frcnn_viz.paths import PACKAGE
from frcnn_viz.pipeline.exhaustion import is_out_of_memory
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.room import check_room
from frcnn_viz.training.run import Run
from frcnn_viz.training.sets import absolute
from frcnn_viz.training.signals import DONE, FAILED, RUNNING, STARTING, STOPPED, WAITING, Signals, Status
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder, all_runs
from frcnn_viz.training.trainer import StopAsked, Trainer

NICE = 10
"""How much the process stands back, so that what else runs here stays quick."""
LOOK_SECONDS = 0.25
"""How often one that waits looks whether it is its turn."""
TELL_SECONDS = 1.0
"""How often the process says where it is, at most."""
LOG = "log.txt"
"""What the process wrote besides."""
NO_MEMORY = "The memory ran out; make the batch or the pictures smaller, and start another run."


def start(run: Run, tell: Callable[[int, int], None] = lambda done, total: None) -> RunFolder:
    """List what the run learns from, make its folder, and start its process.

    Args:
        run: what is to be done.
        tell: called with the pictures listed and their number.

    Raises:
        TrainingError, DataError, ModelError: nothing could be learnt, or there is a run of that name, or no room.
    """
    run = replace(run, data=absolute(run.data))  # its process may be resumed from elsewhere
    snapshot = take(run, tell)
    check_room([run], snapshot)
    folder = RunFolder.create(run, snapshot)
    spawn(folder)
    return folder


def resume(name: str) -> RunFolder:
    """Let a run go on from its last state, to the same weights as if it had never stopped.

    Raises:
        TrainingError: it is not there, under way, done, or one picture learnt by heart.
    """
    folder = RunFolder(name)
    status = folder.status
    if status.under_way:
        raise TrainingError(f"the run {name!r} is under way already.")
    if folder.run.is_exercise:
        raise TrainingError(f"the run {name!r} is one picture learnt by heart, which does not go on; train it again.")
    if status.state == DONE:
        raise TrainingError(f"the run {name!r} has done all of its {folder.run.recipe.steps:,} steps.")
    spawn(folder)
    return folder


def stop(name: str) -> None:
    """Ask a run to stop after its step, with its state saved.

    Raises:
        TrainingError: it is not there, or not under way.
    """
    folder = RunFolder(name)
    if not folder.status.under_way:
        raise TrainingError(f"the run {name!r} is not under way.")
    folder.ask_to_stop()


def spawn(folder: RunFolder) -> None:
    """Start the process of a run that is there."""
    launch("frcnn_viz.training.process", folder, folder.run.threads)


def launch(module: str, folder: Signals, threads: int) -> None:
    """Start `python -m MODULE NAME` for the folder of that name, whose signals tell how it goes.

    Args:
        module: of this package; its process says where it is with a `Voice`.
        folder: in the workspace.
        threads: that compute.
    """
    folder.let_go_on()
    asked = Status(STARTING, folder.status.step, ticket=time.time_ns())
    folder.say(asked)
    environment = {
        **os.environ,
        **tenant().environment(),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH")))),
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
    }
    alone = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
    command = [sys.executable, "-m", module, folder.path.name]
    with (folder.path / LOG).open("ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, **alone)
    threading.Thread(target=_see_off, args=(child, folder, asked.ticket), daemon=True).start()


def _see_off(child: subprocess.Popen, folder: Signals, ticket: int) -> None:
    """Wait for a child, so that it leaves no zombie; tell it where it ended before its first word."""
    code = child.wait()
    last = folder.status
    if (last.state, last.ticket) == (STARTING, ticket):
        told = f"Its process ended before it began (exit status {code}); {folder.path / LOG} tells why."
        folder.say(replace(last, state=FAILED, told=told))


class Voice:
    """Says where the process is: at once when that is another state, else once a second.

    Attributes:
        status: what was said last.
    """

    def __init__(self, folder: Signals) -> None:
        """With the ticket the process was given."""
        self._folder = folder
        self._when = 0.0
        self.status = replace(folder.status, pid=os.getpid())

    def __call__(self, state: str, step: int | None = None, told: str = "") -> None:
        """`step`: steps done; None for as many as before."""
        step = self.status.step if step is None else step
        due = state != self.status.state or time.monotonic() - self._when > TELL_SECONDS
        self.status = replace(self.status, state=state, step=step, told=told)
        if due:
            self._when = time.monotonic()
            self._folder.say(self.status)


@contextmanager
def turn(folder: RunFolder, say: Voice) -> Iterator[None]:
    """Wait until no run that was asked for earlier is under way, then hold the place.

    Raises:
        StopAsked: the run is not to begin.
    """
    place = FileLock(runs_folder() / ".lock", timeout=0)
    while True:
        if folder.is_asked_to_stop:
            raise StopAsked(say.status.step)
        first = _ahead(folder.name, say.status.ticket)
        if first is None:
            try:
                place.acquire()
                break
            except Timeout:  # one that is just ending
                first = "another run"
        say(WAITING, None, f"Waits for {first}.")
        time.sleep(LOOK_SECONDS)
    try:
        yield
    finally:
        place.release()


def _ahead(name: str, ticket: int) -> str | None:
    """The run that is first in the line before this one."""
    others = [(folder.status, folder.name) for folder in all_runs() if folder.name != name]
    line = [(status.ticket, other) for status, other in others if status.under_way]
    return min((one for one in line if one < (ticket, name)), default=(0, None))[1]


def main(name: str) -> int:
    """The process: it stands back, and a signal to end lets it stop after its step. Its exit status."""
    folder = RunFolder(name)
    stand_back(folder.ask_to_stop)
    return work(folder)


def stand_back(ask_to_stop: Callable[[], None]) -> None:
    """Let what else runs here be quick, and take a signal to end as the wish to stop."""
    with suppress(AttributeError, OSError):  # Windows has no such thing
        os.nice(NICE)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ask_to_stop())


def work(folder: RunFolder) -> int:
    """Wait for its turn and train; how that ends is said in the folder. 1 where it failed."""
    with folder.alive():
        say = Voice(folder)
        try:
            with turn(folder, say):
                say(RUNNING, None, "Begins.")
                trainer = Trainer(folder, lambda step, told: say(RUNNING, step, told))
                trainer.go()
        except StopAsked as stopped:
            say(STOPPED, stopped.step)
        except (ValueError, OSError) as error:
            say(FAILED, None, str(error))
            return 1
        except Exception as error:
            told = NO_MEMORY if is_out_of_memory(error) else f"{type(error).__name__}: {error} ({folder.path / LOG})"
            say(FAILED, None, told)
            raise
        else:
            say(DONE, trainer.loop.step)
            folder.forget_state()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
