"""What is kept of one picture learnt by heart: a run, whose steps open as detectors like those of any run.

At every moment its folder is that of a run which is done, after as many steps as were kept last. So it is whole however
its process ends, waits for no other run, and has nothing to resume.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePath

from torch import Tensor

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.runs import PREFIX
from frcnn_viz.training.history import line_of
from frcnn_viz.training.loop import Step
from frcnn_viz.training.overfit import CHECK_EVERY, SECONDS, Overfit, Report
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import Run, run_name
from frcnn_viz.training.signals import DONE, Status
from frcnn_viz.training.snapshot import Picture, Snapshot
from frcnn_viz.training.store import RunFolder, all_runs, remove_run

MOST = 3
"""Exercises that are kept, for each of which some of a detector's weights are on disk eleven times."""


def is_kept(step: int) -> bool:
    """Whether the weights of that step are kept: the first, then each after twice as many looks as the one before."""
    looks, rest = divmod(step, CHECK_EVERY)
    return rest == 0 and looks.bit_count() <= 1


def learn_and_keep(
    training: Overfit, still: Mapping[str, Tensor], run: Run, picture: Picture, seconds: float = SECONDS
) -> Iterator[Report]:
    """What `training.run` reports, with some of the steps kept, and the last one however it ends.

    Args:
        training: of the picture.
        still: the weights that do not learn, by name.
        run: that names it.
        picture: with its objects.
        seconds: after which it is given up.

    Raises:
        TrainingError: a loss is not finite, the disk is full, or there is a run of that name.
    """
    folder, taken = RunFolder.create(run, Snapshot((picture,))), []
    make_room(folder)
    with folder.alive():
        try:
            for report in training.run(seconds):
                taken += report.steps
                if is_kept(report.step):
                    _keep(folder, run, training, taken, still)
                yield report
                if folder.is_asked_to_stop:
                    return
        finally:
            if folder.path.is_dir() and training.loop.step not in folder.steps:
                _keep(folder, run, training, taken, still)


def _keep(folder: RunFolder, run: Run, training: Overfit, taken: list[Step], still: Mapping[str, Tensor]) -> None:
    """Keep the heads as they are, and make the folder that of a run which ends here; `taken` is written and emptied."""
    step = training.loop.step
    folder.keep(step, training.heads.state_dict(), still)
    while taken:
        folder.append(line_of(taken.pop(0)))
    folder.set_run(replace(run, recipe=replace(run.recipe, steps=max(1, step))))
    folder.say(Status(DONE, step))


def make_room(newest: RunFolder) -> None:
    """Remove what the newest exercise replaces: those on its picture with its detector, and all but the last few.

    What is under way stays, and so does what another run began with.
    """
    runs: list[tuple[RunFolder, Run]] = []
    for folder in all_runs():
        with suppress(TrainingError):  # a damaged one
            runs.append((folder, folder.run))
    began_with = {run.detector.base.partition("@")[0] for _, run in runs}
    others = [(folder, run) for folder, run in runs if run.is_exercise and folder.name != newest.name]
    for place, (folder, run) in enumerate(others, start=2):
        again = _what(run) == _what(newest.run)
        free = f"{PREFIX}{folder.name}" not in began_with and not folder.is_alive
        if free and (again or place > MOST):
            with suppress(TrainingError):  # another process was quicker
                remove_run(folder.name)


def _what(run: Run) -> tuple[str, str, bool]:
    return run.data, run.detector.base, run.detector.random_weights


def free_name(picture: str) -> str:
    """What an exercise on a picture of that name can be called: numbered on from those that are there."""
    stem = run_name(f"{PurePath(picture).stem[:40]}-by-heart")
    numbers = (re.fullmatch(rf"{re.escape(stem)}-(\d{{1,9}})", folder.name) for folder in all_runs())
    return f"{stem}-{1 + max((int(number[1]) for number in numbers if number), default=0)}"


def exercise_of(model: str) -> RunFolder | None:
    """The exercise that a detector is a step of, by the detector's name; None where it is none.

    Raises:
        TrainingError: its files are damaged.
    """
    name = model.removeprefix(PREFIX).partition("@")[0]
    if not model.startswith(PREFIX):
        return None
    folder = RunFolder(name)
    return folder if folder.run.is_exercise else None


def drawn_on(model: str, sha256: str) -> GroundTruth | None:
    """What was drawn on a picture for the exercise that a detector is a step of; None where there is no such.

    Args:
        model: the detector's name.
        sha256: of the picture's pixels.

    Raises:
        TrainingError: the exercise's files are damaged.
    """
    folder = exercise_of(model)
    pictures = folder.snapshot.pictures if folder else ()
    return next((GroundTruth.of(one.objects) for one in pictures if one.sha256 == sha256), None)
