"""The process of a run or an experiment: `python -m frcnn_viz.training.waiting MODULE FOLDER TICKET`.

It waits for its turn in the line, and only then imports what computes: those who wait take little memory. One that gave
way to others ends, and starts another process, which waits for the next turn.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from frcnn_viz.data.tenant import tenant
from frcnn_viz.training.launch import launch
from frcnn_viz.training.line import Line
from frcnn_viz.training.signals import DONE, RUNNING, WAITING, Signals
from frcnn_viz.training.turn import GaveWay, StopAsked, Voice, turn

NICE = 10
"""How much the process stands back, so that what else runs here stays quick."""
FIRST_TO_END = 500
"""Of 1,000: where the computer's memory runs out, a run is ended rather than the server; it can be resumed."""


def main(module: str, path: str, ticket: str) -> int:
    """The process: it stands back, and a signal to end lets it stop after its step. Its exit status."""
    folder = Signals(Path(path))
    stand_back(folder.ask_to_stop)
    return attend(module, folder, ticket)


def stand_back(ask_to_stop: Callable[[], None]) -> None:
    """Let what else runs here be quick and have memory, and take a signal to end as the wish to stop."""
    with suppress(AttributeError, OSError):  # Windows has no such thing
        os.nice(max(0, NICE - os.nice(0)))  # one that gave way starts the next from where it stands
    with suppress(OSError):  # only Linux has such a thing
        Path("/proc/self/oom_score_adj").write_text(str(FIRST_TO_END))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ask_to_stop())


def attend(module: str, folder: Signals, ticket: str) -> int:
    """Wait for the turn and let `MODULE.work` compute; how that ends is said in the folder. 1 where it failed.

    `work` takes the folder's name, the voice and the place, and returns the steps done. The end is said when the place
    is free, so that who sees it can start another.
    """
    line = Line(tenant())
    with folder.alive():
        say = Voice(folder)
        try:
            with say.end(), line.standing(ticket):
                try:
                    with turn(line, ticket, say) as place:
                        say(RUNNING, None, "Begins.")
                        step = import_module(module).work(folder.path.name, say, place)
                except GaveWay as gave:
                    say(WAITING, gave.step, gave.told)
                    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
                    launch(module, folder, line.draw(instead_of=ticket), threads, gave.told)
                    return 0
            say(DONE, step)
        except StopAsked:
            return 0
        except (ValueError, OSError):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
