"""A run in a process of its own, which outlives the browser and the server: start it, stop it, let it go on.

Runs queue: the one that was asked for first goes first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from frcnn_viz.data.tenant import tenant
from frcnn_viz.training.launch import launch
from frcnn_viz.training.line import Line
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.room import check_room
from frcnn_viz.training.run import Run
from frcnn_viz.training.sets import absolute
from frcnn_viz.training.signals import DONE, RUNNING
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder
from frcnn_viz.training.trainer import AfterStep, Trainer
from frcnn_viz.training.turn import Place, Voice


def start(run: Run, tell: Callable[[int, int], None] = lambda done, total: None) -> RunFolder:
    """List what the run learns from, make its folder, and start its process.

    Args:
        run: what is to be done.
        tell: called with the pictures listed and their number.

    Raises:
        TrainingError, DataError, ModelError: nothing could be learnt, there is a run of that name, one more may not be
            under way, or there is no room for what it keeps.
    """
    line = Line(tenant())
    line.check()
    run = replace(run, data=absolute(run.data))  # its process may be resumed from elsewhere
    snapshot = take(run, tell)
    check_room([run], snapshot)
    with line.drawn() as ticket:
        folder = RunFolder.create(run, snapshot)
        spawn(folder, ticket)
    return folder


def resume(name: str) -> RunFolder:
    """Let a run go on from its last state, to the same weights as if it had never stopped.

    Raises:
        TrainingError: it is not there, under way, done, or one picture learnt by heart; or one more may not be under
            way.
    """
    folder = RunFolder(name)
    status = folder.status
    if status.under_way:
        raise TrainingError(f"the run {name!r} is under way already.")
    if folder.run.is_exercise:
        raise TrainingError(f"the run {name!r} is one picture learnt by heart, which does not go on; train it again.")
    if status.state == DONE:
        raise TrainingError(f"the run {name!r} has done all of its {folder.run.recipe.steps:,} steps.")
    with Line(tenant()).drawn() as ticket:
        folder.let_go_on()
        spawn(folder, ticket)
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


def spawn(folder: RunFolder, ticket: str) -> None:
    """Start the process of a run that is there."""
    launch("frcnn_viz.training.process", folder, ticket, folder.run.threads)


def work(name: str, say: Voice, place: Place) -> int:
    """What the process of a run does in its turn; the steps done."""
    folder = RunFolder(name)
    steps = train(folder, say, place.after_step)
    folder.forget_state()
    return steps


def train(folder: RunFolder, say: Voice, after_step: AfterStep) -> int:
    """Do all that is left of a run; the steps done.

    Raises:
        StopAsked: it was asked to stop, or `after_step` did not let it go on; the state is saved.
        TrainingError, DataError, ModelError, WeightsError: it cannot begin, or cannot go on.
    """
    trainer = Trainer(folder, lambda step, told: say(RUNNING, step, told), after_step)
    trainer.go()
    return trainer.loop.step
