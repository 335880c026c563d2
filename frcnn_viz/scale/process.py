"""A process that examines: it does the shards it is given, tells how far it is, and ends when its driver is gone."""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import threading
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from frcnn_viz.scale.folder import LOG, Plan, ResultsFolder
from frcnn_viz.scale.tasks import At, Done, Failed, Task
from frcnn_viz.scale.work import do_shard, open_examiner


def work(pipe: Connection, path: Path, plan: Plan, random_weights: bool) -> None:
    """Be such a process.

    Args:
        pipe: takes `Task`, gives `At`, `Done` and `Failed`.
        path: of the results.
        plan: of the run.
        random_weights: whether the detector has those.
    """
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
                ahead=task.ahead,
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
