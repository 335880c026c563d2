"""An experiment in a process of its own: it does one run after the other and measures each.

It waits for its turn among all runs, and lets others go first between two of its own. What was done and measured stays,
so an experiment that was cut off goes on with the run that it was at.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.runs import runs_folder
from frcnn_viz.training.experiment import Experiment
from frcnn_viz.training.experiment_store import ExperimentFolder
from frcnn_viz.training.launch import launch
from frcnn_viz.training.line import Line
from frcnn_viz.training.measure import measure
from frcnn_viz.training.process import train
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.room import check_room
from frcnn_viz.training.run import Run, build
from frcnn_viz.training.sets import absolute
from frcnn_viz.training.signals import DONE, RUNNING, STOPPED
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder
from frcnn_viz.training.trainer import AfterStep
from frcnn_viz.training.turn import GaveWay, Place, StopAsked, Voice


def start(experiment: Experiment, tell: Callable[[int, int], None] = lambda done, total: None) -> ExperimentFolder:
    """List what both arms learn from, make the experiment's folder, and start its process.

    Args:
        experiment: what is to be done.
        tell: called with the pictures listed and their number.

    Raises:
        TrainingError, DataError, ModelError, WeightsError: an arm could not be trained, the name is taken, one more run
            may not be under way, or there is no room for what the runs keep.
    """
    line = Line(tenant())
    line.check()
    experiment = replace(experiment, run=replace(experiment.run, data=absolute(experiment.run.data)))
    first, second = (experiment.run_of(arm, experiment.seeds[0]) for arm in experiment.arms)
    if first.classes != second.classes:
        raise TrainingError("the arms find other classes, so they cannot be compared; give the experiment its classes.")
    snapshot = take(first, tell)
    for run in (first, second):
        build(run)  # what cannot be built is told before hours of training
    check_room([first, second], snapshot, len(experiment.seeds))
    with line.drawn() as ticket:
        folder = ExperimentFolder.create(experiment, snapshot)
        _launch(folder, ticket)
    return folder


def resume(name: str) -> ExperimentFolder:
    """Let an experiment go on with the run that it was at, to the same results as if it had never stopped.

    Raises:
        TrainingError: it is not there, under way, or done; or one more run may not be under way.
    """
    folder = ExperimentFolder(name)
    status = folder.status
    if status.under_way:
        raise TrainingError(f"the experiment {name!r} is under way already.")
    if status.state == DONE:
        raise TrainingError(f"the experiment {name!r} is done with all of its runs.")
    with Line(tenant()).drawn() as ticket:
        folder.let_go_on()
        _launch(folder, ticket)
    return folder


def stop(name: str) -> None:
    """Ask an experiment to stop after the step that it is at, with the run's state saved.

    Raises:
        TrainingError: it is not there, or not under way.
    """
    folder = ExperimentFolder(name)
    if not folder.status.under_way:
        raise TrainingError(f"the experiment {name!r} is not under way.")
    ask_to_stop(folder)


def ask_to_stop(folder: ExperimentFolder) -> None:
    """Let it stop, and the run that it is at."""
    folder.ask_to_stop()
    run = current(folder)
    if run is not None:
        run.ask_to_stop()


def current(folder: ExperimentFolder) -> RunFolder | None:
    """The run that an experiment is at, where it has been made."""
    measured = folder.record.results.measured
    name = next((run.name for _, _, run in folder.experiment.parts() if run.name not in measured), None)
    with suppress(TrainingError):
        return RunFolder(name) if name else None
    return None


def _launch(folder: ExperimentFolder, ticket: str) -> None:
    launch("frcnn_viz.training.experiments", folder, ticket, folder.experiment.run.threads)


def work(name: str, say: Voice, place: Place) -> int:
    """What the process of an experiment does in its turn: what is left of it. The number of runs done."""
    folder = ExperimentFolder(name)
    runs = [run for _, _, run in folder.experiment.parts()]
    for number, run in enumerate(runs):
        if run.name not in folder.record.results.measured:
            say(RUNNING, number, f"Run {number + 1} of {len(runs)}: {run.name}.")
            try:
                _train(folder, run, place.after_step)
                say(RUNNING, number, f"Measures {run.name}.")
                _measure(folder, run.name)
            except StopAsked as stopped:
                stopped.step = number  # an experiment counts runs
                raise
            if run is not runs[-1]:
                place.between_runs(number + 1)
    return len(runs)


def _train(folder: ExperimentFolder, run: Run, after_step: AfterStep = lambda step: None) -> None:
    """All that is left of a run, with the list of pictures that all runs of the experiment have."""
    known = (runs_folder() / run.name / "run.json").exists()
    made = RunFolder(run.name) if known else RunFolder.create(run, folder.snapshot)
    if made.run != run:
        raise TrainingError(f"the run {run.name!r} is another one now; start the experiment under a new name.")
    if made.is_alive:
        raise TrainingError(f"the run {run.name!r} is under way in another process; stop it first.")
    if made.status.state != DONE:
        made.let_go_on()
        with made.alive():
            _go_on(folder, made, after_step)
    if not folder.record.results.measured:
        folder.set_snapshot(made.snapshot)
    elif made.snapshot.pictures != folder.snapshot.pictures:
        raise TrainingError(
            f"pictures were changed or removed before the run {run.name!r} had read them, so the arms cannot be "
            "compared; start the experiment under a new name."
        )


def _go_on(folder: ExperimentFolder, made: RunFolder, after_step: AfterStep) -> None:
    say = Voice(made)

    def look(step: int) -> None:
        if folder.is_asked_to_stop:
            raise StopAsked(step)
        after_step(step)

    try:
        with say.end():
            say(RUNNING, None, "Begins.")
            say(DONE, train(made, say, look))
        made.forget_state()
    except GaveWay as gave:
        say(STOPPED, gave.step, gave.told)
        raise
    except (ValueError, OSError) as error:
        raise TrainingError(f"the run {made.name!r} failed: {error}") from error


def _measure(folder: ExperimentFolder, name: str) -> None:
    def look(done: int, total: int) -> None:
        if folder.is_asked_to_stop:
            raise StopAsked(done)

    targets, measured = measure(RunFolder(name), look)
    folder.keep(targets, name, measured)
