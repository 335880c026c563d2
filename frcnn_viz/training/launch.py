"""Starting the process of a run or an experiment, which outlives the one that starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace

from frcnn_viz.data.tenant import tenant
from frcnn_viz.paths import PACKAGE
from frcnn_viz.training.line import Line
from frcnn_viz.training.signals import FAILED, STARTING, Signals, Status

LOG = "log.txt"
"""What the process wrote besides."""


def launch(module: str, folder: Signals, ticket: str, threads: int, told: str = "") -> None:
    """Start the process that waits for its turn and then lets `MODULE.work` do what the folder of that name tells.

    Args:
        module: of this package.
        folder: in the workspace; its signals tell how it goes.
        ticket: its place in the line, given back where it never begins.
        threads: that compute.
        told: a sentence, which is said until the process says another.
    """
    line = Line(tenant())
    asked = Status(STARTING, folder.status.step, told, ticket=ticket)
    folder.say(asked)
    environment = {
        **os.environ,
        **tenant().environment(),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH")))),
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
    }
    alone = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
    command = [sys.executable, "-m", "frcnn_viz.training.waiting", module, str(folder.path.absolute()), ticket]
    with (folder.path / LOG).open("ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, **alone)
    threading.Thread(target=_see_off, args=(child, folder, line, ticket), daemon=True).start()


def _see_off(child: subprocess.Popen, folder: Signals, line: Line, ticket: str) -> None:
    """Wait for a child, so that it leaves no zombie; tell it where it ended before its first word."""
    code = child.wait()
    line.give_back(ticket)
    last = folder.status
    if (last.state, last.ticket) == (STARTING, ticket):
        told = f"Its process ended before it began (exit status {code}); {folder.path / LOG} tells why."
        folder.say(replace(last, state=FAILED, told=told))
