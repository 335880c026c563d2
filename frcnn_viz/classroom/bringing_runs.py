"""Bringing back runs and experiments: written beside their place, looked through, and moved there as a whole."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor

from frcnn_viz.classroom.bundle import Bundle
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.files import PARTIAL_SECONDS, as_json, write_whole
from frcnn_viz.data.samples import CELLS
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.models.own import numbered
from frcnn_viz.models.registry import find_entry
from frcnn_viz.models.runs import MOST_BYTES
from frcnn_viz.models.torch_file import TorchFile
from frcnn_viz.models.variant import alter
from frcnn_viz.models.weights import check_fit, read_state
from frcnn_viz.training.experiment import Experiment
from frcnn_viz.training.experiment_store import ExperimentFolder
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.results import Results
from frcnn_viz.training.run import CLASS, MOST_KEPT, WORKSPACE, Run, run_name
from frcnn_viz.training.sets import MOST_SCENES, SCENES
from frcnn_viz.training.signals import DONE, FAILED, STOPPED, Status
from frcnn_viz.training.snapshot import Snapshot
from frcnn_viz.training.store import RunFolder

STAGE = ".brought-"
"""How the name of a folder begins in which something is looked through."""
MOST_TOLD = 500
"""Characters."""


def runs_in(bundle: Bundle) -> list[str]:
    """The runs of a zip, in the order in which they were started: those that others began with come first."""
    return _started(bundle, "run")


def experiments_in(bundle: Bundle) -> list[str]:
    """The experiments of a zip, in the order in which they were started."""
    return _started(bundle, "experiment")


def _started(bundle: Bundle, kind: str) -> list[str]:
    found = {name: bundle.of(kind, name).get(kind) for name in bundle.whose(kind)}
    return sorted((name for name in found if found[name]), key=lambda name: (bundle.when(found[name]), name))


def bring_run(bundle: Bundle, workspace: Workspace, name: str) -> bool:
    """Bring a run back; False where it is here already.

    Raises:
        DataError, TrainingError, ModelError, WeightsError: it is damaged, another of its name is here, it learnt from
            what is no part of a workspace, or began with a detector that is not here. FullError: there is no room.
    """
    members = bundle.of("run", name)
    place = workspace.folder / "runs" / _checked(name)
    if bundle.nbytes(members["run"]) > MOST_BYTES:
        raise DataError(f"{members['run']} is damaged.")
    run = bundle.read_json(members["run"], Run.from_dict)
    if _is_here(place, run, lambda: RunFolder(name).run):
        return False
    _check_data(run)
    if run.name != name:
        raise DataError("it says that it is called otherwise.")
    lists, weights, state = (bundle.of(kind, name) for kind in ("run_list", "run_weights", "run_state"))
    if "snapshot.json" not in lists or len(weights) > MOST_KEPT + 3:
        raise DataError("its list of pictures is missing, or it kept too many steps.")
    own = _shapes(run)
    files = {**lists, **{f"{part}.safetensors": member for part, member in weights.items()}, **state}
    workspace.room.check(bundle.nbytes(*files.values()))
    with _beside(place) as stage:
        (stage / "steps").mkdir()
        for within, member in files.items():
            bundle.copy(member, stage / within)
        still = read_state(stage / "still.safetensors") if "still" in weights else {}
        for part in weights:
            if part != "still":
                check_fit(own, still | read_state(stage / f"{part}.safetensors"), f"step {part.rpartition('/')[2]}")
        if state:
            _check_state(stage / "state.pt", own)
        _check_list(bundle, lists["snapshot.json"])
        write_whole(stage / "status.json", as_json(asdict(_status(bundle, members.get("status")))))
        write_whole(stage / "run.json", as_json(run.to_dict()))
        workspace.room.check_written(stage)
    return True


def bring_experiment(bundle: Bundle, workspace: Workspace, name: str) -> bool:
    """Bring an experiment back; False where it is here already. Its runs come by themselves.

    Raises:
        DataError, TrainingError: as `bring_run`. FullError: there is no room.
    """
    members = bundle.of("experiment", name)
    place = workspace.folder / "experiments" / _checked(name)
    experiment = bundle.read_json(members["experiment"], Experiment.from_dict)
    if _is_here(place, experiment, lambda: ExperimentFolder(name).experiment):
        return False
    _check_data(experiment.run)
    if experiment.name != name or "snapshot" not in members:
        raise DataError("it says that it is called otherwise, or its list of pictures is missing.")
    results = bundle.read_json(members["results"], Results.from_dict) if "results" in members else None
    workspace.room.check(bundle.nbytes(*members.values()))
    with _beside(place) as stage:
        _check_list(bundle, members["snapshot"])
        bundle.copy(members["snapshot"], stage / "snapshot.json")
        if results:
            write_whole(stage / "results.json", as_json(results.to_dict()))
        write_whole(stage / "status.json", as_json(asdict(_status(bundle, members.get("status")))))
        write_whole(stage / "experiment.json", as_json(experiment.to_dict()))
        workspace.room.check_written(stage)
    return True


def _checked(name: str) -> str:
    if name != run_name(name):
        raise DataError(f"it cannot be called so; {run_name(name)!r} would do.")
    return name


def _is_here(place: Path, wanted: Run | Experiment, held: Callable[[], Run | Experiment]) -> bool:
    """Whether the same is here, which `held` gives; another of the name is an error."""
    if not place.exists():
        return False
    with suppress(TrainingError):  # damaged
        if held() == wanted:
            return True
    raise DataError("there is another of that name here; remove it, and bring the zip again.")


def _check_data(run: Run) -> None:
    own = run.data in (WORKSPACE, CLASS, str(CELLS)) or run.data.partition(":")[0] == SCENES or run.is_exercise
    if not own or run.train_list or run.validation_list:
        raise DataError("it learnt from files of a computer, which are no part of a workspace.")


def _check_list(bundle: Bundle, member: str) -> None:
    if len(bundle.read_json(member, Snapshot.from_dict).pictures) > MOST_SCENES:
        raise DataError(f"it has more than {MOST_SCENES:,} pictures.")


def _shapes(run: Run) -> dict[str, Tensor]:
    """The state of the run's detector, without numbers."""
    entry = find_entry(run.detector.base)
    with torch.device("meta"):
        model = entry.build(len(entry.classes))
        return alter(model, run.detector, entry.classes or numbered(model)).state_dict()


def _check_state(path: Path, own: dict[str, Tensor]) -> None:
    try:
        TorchFile(path)  # tells what is packed like a bomb
        state = torch.load(path, map_location="cpu", weights_only=True)
        fits = type(state["step"]) is int and isinstance(state["optimizer"], dict)
        check_fit(own, state["model"], "state.pt")
    except Exception as error:  # a damaged file can lead to any
        raise DataError("its state is damaged.") from error
    if not fits:
        raise DataError("its state is damaged.")


def _status(bundle: Bundle, member: str | None) -> Status:
    """What its process said last; it is at nothing here."""
    said = Status(STOPPED)
    if member:
        said = bundle.read_json(
            member, lambda content: Status(str(content["state"]), int(content["step"]), str(content["told"]))
        )
    state = said.state if said.state in (STOPPED, DONE, FAILED) else STOPPED
    return replace(said, state=state, told=said.told[:MOST_TOLD] if state == FAILED else "")


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """A folder to write to, which is moved to its place when the block ends well, and removed when it does not."""
    workspace = place.parent.parent
    place.parent.mkdir(exist_ok=True)
    for left in workspace.glob(f"{STAGE}*"):  # by a server that was killed
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - PARTIAL_SECONDS:
                shutil.rmtree(left)
    stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=workspace))
    try:
        yield stage
        os.rename(stage, place)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
