"""The folder of an experiment: what it is, and what came of it so far.

experiments/NAME/experiment.json     the experiment
                 snapshot.json       the list of pictures that all of its runs have
                 results.json        what was measured
                 status.json, ...    between its process and those who watch it (`signals`)

Its runs are ordinary ones, among the others.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from frcnn_viz.data.files import as_json, write_whole
from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.runs import runs_folder
from frcnn_viz.training.experiment import Experiment
from frcnn_viz.training.folder import Folder, making, newest_first
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.results import Measured, Record, Results, Target
from frcnn_viz.training.snapshot import Snapshot
from frcnn_viz.training.store import RunFolder, remove_run


class ExperimentFolder(Folder):
    """The files of one experiment.

    Attributes:
        name: of the experiment. path: of its folder.
    """

    KIND, MISSING = "experiment", "it was removed, or never started here"

    def __init__(self, name: str) -> None:
        """Of an experiment that is there.

        Raises:
            TrainingError: it is not.
        """
        super().__init__(experiments_folder(), name)

    @classmethod
    def create(cls, experiment: Experiment, snapshot: Snapshot) -> ExperimentFolder:
        """A new folder, for what is about to start.

        Raises:
            TrainingError: there is an experiment of that name or a run of such a name, or it cannot be written.
        """
        path = experiments_folder() / experiment.name
        with making(path, cls.KIND):
            if (path / "experiment.json").exists():
                raise TrainingError(f"there is an experiment {experiment.name!r} already; choose another name.")
            for _, _, run in experiment.parts():
                if (runs_folder() / run.name / "run.json").exists():
                    raise TrainingError(f"there is a run {run.name!r} already; choose another name.")
            write_whole(path / "snapshot.json", as_json(snapshot.to_dict()))
            write_whole(path / "experiment.json", as_json(experiment.to_dict()))
        return cls(experiment.name)

    @property
    def experiment(self) -> Experiment:
        """The experiment itself.

        Raises:
            TrainingError: `experiment.json` is damaged.
        """
        return self._read("experiment.json", Experiment.from_dict)

    @property
    def record(self) -> Record:
        """What came of it so far.

        Raises:
            TrainingError: a file of it is damaged.
        """
        held = (self.path / "results.json").exists()
        results = self._read("results.json", Results.from_dict) if held else Results()
        return Record(self.experiment, results)

    def keep(self, targets: tuple[Target, ...], run: str, measured: Measured) -> None:
        """Add what a run came to.

        Raises:
            TrainingError: it was measured on other objects than those before it, or the disk is full.
        """
        results = self.record.results
        if results.measured and results.targets != targets:
            raise TrainingError(
                f"the run {run!r} was measured on other objects; start the experiment under a new name."
            )
        content = replace(results, targets=targets, measured={**results.measured, run: measured}).to_dict()
        self._write("results.json", content)


def experiments_folder() -> Path:
    """Where the experiments are: in the workspace's folder."""
    return tenant().folder / "experiments"


def all_experiments() -> list[ExperimentFolder]:
    """Those that are there, the last started first."""
    return newest_first(experiments_folder(), "experiment", ExperimentFolder)


def remove_experiment(name: str) -> None:
    """Delete an experiment and its runs.

    Raises:
        TrainingError: it or one of its runs is under way, it is not there, or cannot be deleted.
    """
    folder = ExperimentFolder(name)
    if folder.status.under_way:
        raise TrainingError(f"the experiment {name!r} is under way; stop it first.")
    with suppress(TrainingError):  # of one that is damaged the runs are not known
        for run in [run.name for _, _, run in folder.experiment.parts()]:
            if (runs_folder() / run / "run.json").exists():
                if RunFolder(run).status.under_way:
                    raise TrainingError(f"the run {run!r} is under way; stop it first.")
                remove_run(run)
    try:
        (folder.path / "experiment.json").unlink()  # from here on it is none
        shutil.rmtree(folder.path)
    except OSError as error:
        told = f"not all of the experiment {name!r} could be deleted ({error}); delete {folder.path}."
        raise TrainingError(told) from error
