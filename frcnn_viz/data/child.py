"""Work in a process of its own: a crash there takes nothing else with it.

A module with one task, which tells how far it is, has `serve(work)` as its main, and `Child` starts it; one that
answers questions as long as it is asked has `answer(work)`, and `Worker` starts it. What passes between the two is
pickled: each trusts the other, as parts of one program. A child whose parent is gone ends when it next tells something
or waits for a question.

Children take much memory and all of a core, and a class asks for many: as many work at once as there are cores, and
they stand back behind what visitors wait for.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.places import Places
from frcnn_viz.data.tenant import Tenant, tenant
from frcnn_viz.paths import PACKAGE

CRASHED = "The process that did this ended without a word (exit status {}): it crashed, or was killed. Start it again."
NICE = 10
"""How much a child stands back that has its turn."""
TOO_LONG = "It took more than {:.0f} seconds and was given up."

_PLACES = Places(max(2, os.cpu_count() or 1))  # two at least: some are watched side by side


@dataclass(frozen=True)
class Failed:
    """The last word of a child that could not go on: a plain sentence."""

    sentence: str


class Child:
    """A process that is at a task, or waits for its turn to begin. It ends with this object, at the latest.

    Attributes:
        said: what it told so far, in order; a thread adds to it.
    """

    def __init__(self, module: str, task: Any, at_once: bool = False) -> None:
        """Start it in its turn: `module` by its name, with a task that can be pickled.

        `at_once` is for what a visitor waits for: it has no turn, and does not stand back.
        """
        self._job = _Job(module, tenant())
        self.said: list[Any] = []
        work = _listen if at_once else _listen_in_turn
        self._listener = threading.Thread(target=work, args=(self._job, task, self.said), daemon=True)
        self._listener.start()
        self._end = weakref.finalize(self, self._job.give_up)

    @property
    def is_running(self) -> bool:
        """Whether more may be told."""
        return self._listener.is_alive()

    @property
    def is_waiting(self) -> bool:
        """Whether others have to end before it begins."""
        return self.is_running and self._job.process is None

    @property
    def reports(self) -> list[Any]:
        """What it told so far of its work: all but why it could not go on."""
        return [one for one in list(self.said) if not isinstance(one, Failed)]

    @property
    def last(self) -> Any | None:
        """The last of these, if there is one."""
        return next(reversed(self.reports), None)

    @property
    def failure(self) -> str:
        """Why it could not go on, in a sentence; empty where it could, or is still at it, or was stopped."""
        if self.is_running or self._job.is_given_up:
            return ""
        if self.said and isinstance(self.said[-1], Failed):
            return self.said[-1].sentence
        status = self._job.process.wait()
        return CRASHED.format(status) if status else ""

    def stop(self) -> None:
        """End it; what it told is kept."""
        self._end()
        self._listener.join()

    def wait(self, seconds: float) -> None:
        """Until it ended, or so long."""
        self._listener.join(seconds)


class _Job:
    """What a child and its thread share, so that the thread keeps no child alive.

    Attributes:
        whose: for whom it is done. process: once it has begun. is_given_up: whether nobody wants it any more.
    """

    def __init__(self, module: str, whose: Tenant) -> None:
        self.module, self.whose = module, whose
        self.process: subprocess.Popen | None = None
        self.is_given_up = False
        self._lock = threading.Lock()

    def begin(self) -> subprocess.Popen | None:
        """Start the process, unless the job was given up."""
        with self._lock:
            if not self.is_given_up:
                self.process = _start(self.module, self.whose.environment())
            return self.process

    def give_up(self) -> None:
        """End the process, or let it never begin."""
        with self._lock:
            self.is_given_up = True
        _PLACES.look()
        if self.process:
            _end(self.process)


class Worker:
    """A process that answers one question at a time. It starts when it is first asked, and anew after it had to end.

    It ends with this object, at the latest.
    """

    def __init__(self, module: str) -> None:
        """Of `module`, by its name."""
        self._module = module
        self._process: subprocess.Popen | None = None
        self._lock = threading.Lock()

    def ask(self, question: Any, seconds: float) -> Any:
        """What `work` of the module gives for a question.

        Raises:
            DataError: it had a mistake to tell, crashed, or took longer than `seconds`; then it was ended.
        """
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = _start(self._module, {})  # it serves whoever asks
                weakref.finalize(self, _end, self._process)
            process, said = self._process, []
            talk = threading.Thread(target=_exchange, args=(process, question, said), daemon=True)
            talk.start()
            talk.join(seconds)
            if said:
                if isinstance(said[0], Failed):
                    raise DataError(said[0].sentence)
                return said[0]
            late = talk.is_alive()
            _end(process)
            raise DataError(TOO_LONG.format(seconds) if late else CRASHED.format(process.returncode))


def serve(work: Callable[[Any], Iterator[Any]]) -> None:
    """Be a child: read the task, tell what `work` yields; a mistake becomes a sentence."""
    task, out = pickle.load(sys.stdin.buffer), sys.stdout.buffer
    sys.stdout = sys.stderr  # what libraries print is nothing that was told
    try:
        for message in work(task):
            _tell(out, message)
    except BrokenPipeError:
        pass  # nobody listens any more
    except (ValueError, OSError) as error:
        _tell(out, Failed(str(error)))
    except Exception as error:
        from frcnn_viz.pipeline.exhaustion import is_out_of_memory  # with torch, which not every child needs

        if not is_out_of_memory(error):
            raise
        _tell(out, Failed("The memory ran out; choose a smaller picture, fewer of them, or a smaller detector."))
    os._exit(0)  # torch takes seconds to go


def answer(work: Callable[[Any], Any]) -> None:
    """Be a worker: answer each question by `work`; a mistake becomes a sentence."""
    heard, out = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    with suppress(EOFError, BrokenPipeError):  # nobody asks any more
        while True:
            question = pickle.load(heard)
            try:
                reply = work(question)
            except (ValueError, OSError, MemoryError) as error:
                reply = Failed(str(error) or "The memory did not suffice.")
            _tell(out, reply)
    os._exit(0)


def _start(module: str, environment: Mapping[str, str]) -> subprocess.Popen:
    path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment, "PYTHONPATH": path},
    )


def _tell(out: IO[bytes], message: Any) -> None:
    out.write(pickle.dumps(message))
    out.flush()


def _listen_in_turn(job: _Job, task: Any, said: list[Any]) -> None:
    with _PLACES.take(job.whose.folder, lambda: job.is_given_up) as has_place:
        if has_place:
            _listen(job, task, said, NICE)


def _listen(job: _Job, task: Any, said: list[Any], nice: int = 0) -> None:
    try:
        process = job.begin()
    except OSError as error:
        said.append(Failed(f"Its process could not be started ({error.strerror}); end other work, and start it again."))
        return
    if process is None:
        return
    if nice and hasattr(os, "setpriority"):  # before it imports what takes seconds
        with suppress(OSError):  # it ended
            os.setpriority(os.PRIO_PROCESS, process.pid, nice)
    try:
        with process.stdin:
            pickle.dump(task, process.stdin)
        while True:
            said.append(pickle.load(process.stdout))
    except (EOFError, OSError):  # it ended
        process.wait()
    except Exception:  # half a word of one that was killed, or one that cannot be read: it would wait for a reader
        _end(process)


def _exchange(process: subprocess.Popen, question: Any, said: list[Any]) -> None:
    with suppress(Exception):  # it ended, or said what cannot be read: nothing was said
        pickle.dump(question, process.stdin)
        process.stdin.flush()
        said.append(pickle.load(process.stdout))


def _end(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()
