"""Work in a process of its own, which tells how far it is: a crash there takes nothing else with it.

A module works so by `serve(work)` as its main; `Child` starts it. What passes between the two is pickled: each trusts
the other, as parts of one program. A child whose parent is gone ends when it next tells something.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from frcnn_viz.paths import PACKAGE
from frcnn_viz.pipeline.exhaustion import is_out_of_memory

CRASHED = "The process that did this ended without a word (exit status {}): it crashed, or was killed. Start it again."


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
        path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
        self.said: list[Any] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
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
        if not is_out_of_memory(error):
            raise
        _tell(out, Failed("The memory ran out; choose a smaller picture, fewer of them, or a smaller detector."))
    os._exit(0)  # torch takes seconds to go


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


def _end(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()
