"""Work in a process of its own: a crash there takes nothing else with it.

A module with one task, which tells how far it is, has `serve(work)` as its main, and `Child` starts it; one that
answers questions as long as it is asked has `answer(work)`, and `Worker` starts it. What passes between the two is
pickled: each trusts the other, as parts of one program. A child whose parent is gone ends when it next tells something
or waits for a question.
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
from frcnn_viz.data.tenant import tenant
from frcnn_viz.paths import PACKAGE

CRASHED = "The process that did this ended without a word (exit status {}): it crashed, or was killed. Start it again."
TOO_LONG = "It took more than {:.0f} seconds and was given up."


@dataclass(frozen=True)
class Failed:
    """The last word of a child that could not go on: a plain sentence."""

    sentence: str


class Child:
    """A process that is at a task. It ends with this object, at the latest.

    Attributes:
        said: what it told so far, in order; a thread adds to it.
    """

    def __init__(self, module: str, task: Any) -> None:
        """Start it: `module` by its name, with a task that can be pickled."""
        self.said: list[Any] = []
        self._process = _start(module, tenant().environment())
        self._listener = threading.Thread(target=_listen, args=(self._process, task, self.said), daemon=True)
        self._listener.start()
        self._stopped = False
        self._end = weakref.finalize(self, _end, self._process)

    @property
    def is_running(self) -> bool:
        """Whether more may be told."""
        return self._listener.is_alive()

    @property
    def failure(self) -> str:
        """Why it could not go on, in a sentence; empty where it could, or is still at it, or was stopped."""
        if self.is_running or self._stopped:
            return ""
        if self.said and isinstance(self.said[-1], Failed):
            return self.said[-1].sentence
        status = self._process.wait()
        return CRASHED.format(status) if status else ""

    def stop(self) -> None:
        """End it; what it told is kept."""
        self._stopped = True
        self._end()
        self._listener.join()

    def wait(self, seconds: float) -> None:
        """Until it ended, or so long."""
        self._listener.join(seconds)


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


def _listen(process: subprocess.Popen, task: Any, said: list[Any]) -> None:
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
