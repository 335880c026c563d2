"""What a tenant may not do who may not open paths, whatever names are asked for and whatever files are brought."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Object
from frcnn_viz.data.clips import find_frame
from frcnn_viz.data.samples import CELLS
from frcnn_viz.data.tenant import Limits, Tenant, acting_as
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.models.entry import ModelError
from frcnn_viz.models.own import checkpoints, remove_checkpoint
from frcnn_viz.models.registry import ENTRIES, is_known
from frcnn_viz.models.runs import find_step
from frcnn_viz.training.experiment_store import ExperimentFolder
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import WORKSPACE, run_name
from frcnn_viz.training.sets import open_set
from frcnn_viz.training.signals import FAILED, STOPPED, Status
from frcnn_viz.training.snapshot import TRAIN, Picture, Snapshot, take
from frcnn_viz.training.store import RunFolder, all_runs
from tests.training.small import attended, small_run, trained_here

ODD = (
    *("", ".", "..", "../ben", "../../ben/runs/small", "/", "a/b", "a\\b", "\0", "small\0", "small\n", "~", "x" * 300),
    *("ä" * 200, "\ud800", "small/", "small/.", "./small", "small@", "%2e%2e", "\u202e", "CON", "small."),
)
"""Names that are no run's, experiment's, clip's or picture's, or not in that spelling."""


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[Tenant]:
    """A visitor of a class, for whom all is done."""
    one = Tenant(tmp_path / "anna", Limits(runs=1), opens_paths=False, line=tmp_path / "line")
    with acting_as(one):
        yield one


@pytest.fixture
def ben(tmp_path: Path, squares: Path) -> Path:
    """The workspace of another, who has a run of that name, and a picture."""
    with acting_as(Tenant(tmp_path / "ben")):
        trained_here(small_run(squares, steps=1, evaluate_every=0))
    Workspace(tmp_path / "ben").add((squares / "0.png").read_bytes(), "0.png")
    return tmp_path / "ben"


def test_a_set_by_its_path_is_refused_where_it_is_opened(anna: Tenant, squares: Path) -> None:
    assert len(open_set(str(CELLS)).dataset.images) > 10  # those of the program
    for data in (str(squares), f"{CELLS}/..", f"{CELLS}/../../assets/cells", f"{CELLS}/", "/etc", "~", ".", "x\0"):
        with pytest.raises(DataError, match="cannot be opened by its path here"):
            open_set(data)
    run = small_run(squares)
    with pytest.raises(DataError, match="cannot be opened by its path here"):
        take(run)
    with pytest.raises(TrainingError, match="cannot be opened by its path here"):
        take(replace(run, data=str(CELLS)))  # with a list by its path
    with acting_as(replace(anna, opens_paths=True)):
        assert take(run).pictures


def test_a_run_that_was_brought_and_names_a_path_fails_in_its_process(anna: Tenant, squares: Path) -> None:
    with acting_as(replace(anna, opens_paths=True)):
        folder = RunFolder.create(small_run(squares), take(small_run(squares)))
    assert attended(folder) == 1
    assert (folder.status.state, "cannot be opened by its path here" in folder.status.told) == (FAILED, True)


def test_odd_names_lead_nowhere(anna: Tenant, ben: Path) -> None:
    for kind in ("runs", "experiments", "clips"):
        (anna.folder / kind).mkdir(parents=True)
    (anna.folder / "run.json").write_text("{}")
    workspace = Workspace(anna.folder)
    clips = workspace.clips
    for name in ODD:
        for folder in (RunFolder, ExperimentFolder):
            with pytest.raises(TrainingError, match="is not there"):
                folder(name)
        with pytest.raises(ModelError):
            find_step(f"run:{name}", ENTRIES)
        assert not is_known(f"run:{name}@1")
        assert not is_known(f"own-{name}")
        for key in (f"clip:{name}@0", f"clip:{name}"):
            with pytest.raises(DataError):
                find_frame(key)
        for look in (workspace.item, workspace.load, workspace.picture_path):
            with pytest.raises(DataError):
                look(name)
        for look in (clips.video_path, clips.drawn, clips.stamps, clips.remove):
            with pytest.raises(DataError):
                look(name)
        with pytest.raises(DataError):
            clips.objects(name, 0)
        remove_checkpoint(name)
        assert run_name(name) == run_name(run_name(name))
        assert "/" not in run_name(name)
        assert len(run_name(name).encode()) < 200


@pytest.mark.skipif(os.name == "nt", reason="makes links")
def test_links_in_place_of_folders_lead_nowhere_for_who_opens_no_paths(anna: Tenant, ben: Path) -> None:
    (anna.folder / "runs").mkdir(parents=True)
    (anna.folder / "runs" / "linked").symlink_to(ben / "runs" / "small")
    (anna.folder / "runs" / "round").symlink_to(anna.folder / "runs" / "round")
    for name in ("linked", "round"):
        with pytest.raises(TrainingError, match="is not there"):
            RunFolder(name)
        assert not is_known(f"run:{name}")
    assert all_runs() == []
    with acting_as(Tenant(anna.folder)):  # who may open them all the same
        assert RunFolder("linked").status.state == STOPPED
        assert is_known("run:linked@1")


def test_a_brought_index_or_list_that_names_anothers_picture_is_refused(anna: Tenant, ben: Path, squares: Path) -> None:
    (key,) = Workspace(ben).ids
    away = f"../../ben/images/{key}"
    mine = Workspace(anna.folder)
    own, _ = mine.add(_picture(), "own.png", [Object((1.0, 1.0, 20.0, 20.0), "square")])
    index = json.loads((anna.folder / "workspace.json").read_bytes())
    (anna.folder / "workspace.json").write_text(json.dumps({**index, "images": [away, own]}))
    assert Workspace(anna.folder).ids == (own,)  # made again from what is there
    with pytest.raises(DataError, match="is missing"):
        open_set(WORKSPACE).content(AnnotatedImage("0.png", file=away))
    digest = hashlib.sha256((squares / "0.png").read_bytes()).hexdigest()
    picture = Picture("0.png", away, digest, TRAIN, (Object((8.0, 10.0, 32.0, 34.0), "square"),))
    run = replace(small_run(squares), data=WORKSPACE, validation=0.0, validation_list="")
    folder = RunFolder.create(run, Snapshot((picture,)))
    folder.say(Status(STOPPED))
    assert attended(folder) == 1
    assert "no picture of workspace is left to learn from" in folder.status.told


def test_a_brought_checkpoint_builds_nothing_but_what_a_file_can_tell(anna: Tenant) -> None:
    folder = anna.folder / "models"
    folder.mkdir(parents=True)
    told = {"base": "street-c4", "classes": ["__background__", "a"], "title": "t", "options": {"weights": "COCO_V1"}}
    (folder / "own-000000000000.json").write_text(json.dumps(told))
    (entry,) = checkpoints(ENTRIES, anna.folder).values()
    assert entry.build.keywords == {}


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(file, "PNG")
    return file.getvalue()
