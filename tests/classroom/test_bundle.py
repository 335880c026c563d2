"""A workspace taken away and brought back is the same one."""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from frcnn_viz.classroom.bundle import take_away
from frcnn_viz.data.tenant import acting_as
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.lessons.record import Record
from frcnn_viz.models.registry import load_detector
from frcnn_viz.training.experiment_store import ExperimentFolder
from frcnn_viz.training.signals import STOPPED, Status
from frcnn_viz.training.snapshot import Snapshot, take
from frcnn_viz.training.store import RunFolder
from frcnn_viz.training.trainer import StopAsked, Trainer
from tests.classroom.zips import BUS, CAR, RECORD, RUN, brought, here, zipped
from tests.data.test_room import files
from tests.pictures import square
from tests.training.small import hashes, measured


def test_what_is_taken_away_is_all_that_cannot_be_made_again(lived_in: Path, away: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(away)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    whole = {name: content for name, content in files(lived_in).items() if not (lived_in / name).is_symlink()}
    assert found == {name: whole[name] for name in found}
    left = {name for name in whole.keys() - found.keys() if not name.startswith(("thumbnails/", "runs/.pictures/"))}
    again = {"runs/mine/pictures.json", "runs/.new", "experiments/.new", "examined.sqlite"}
    assert left == {*again, "removed/x.png", "server.json", "visitor.json", "a.mp4"}


def test_what_changes_while_it_is_taken_is_as_it_was_at_one_moment(lived_in: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(lived_in, folder, symlinks=True)
    (folder / "runs/mine/metrics.jsonl").write_bytes(b"x" * 3_000_000)
    pieces = take_away(folder)
    got = b""
    while b"runs/mine/metrics.jsonl" not in got:
        got += next(pieces)
    with (folder / "runs/mine/metrics.jsonl").open("ab") as file:
        file.write(b"more")
    (folder / "workspace.json").unlink()
    with zipfile.ZipFile(io.BytesIO(got + b"".join(pieces))) as archive:
        assert archive.testzip() is None
        assert archive.getinfo("runs/mine/metrics.jsonl").file_size == 3_000_000
        assert "workspace.json" not in archive.namelist()
        assert archive.namelist()[0] == "runs/mine/state.pt"


def test_brought_into_an_empty_workspace_it_is_the_same(lived_in: Path, away: bytes, tmp_path: Path) -> None:
    done = brought(away, tmp_path / "new", images=4, nbytes=100_000_000)
    assert done.told == ()
    assert done.new == {"picture": 3, "clip": 1, "checkpoint": 1, "run": 1, "experiment": 1}
    assert (done.here, done.answers) == (0, True)
    old, new = Workspace(lived_in), Workspace(tmp_path / "new")
    assert (new.ids, new.classes, new.notes, new.items()) == (old.ids, old.classes, old.notes, old.items())
    for key in old.ids:
        assert new.history(key) == old.history(key)
        assert new.picture_path(key).read_bytes() == old.picture_path(key).read_bytes()
        assert new.thumbnail_path(key).read_bytes() == old.thumbnail_path(key).read_bytes()
    (clip,) = new.clips.ids()
    assert new.clips.clip(clip) == old.clips.clip(clip)
    assert (new.clips.drawn(clip), new.clips.objects(clip, 1)) == ((1,), (replace(BUS, identity="one"),))
    assert Record.from_json((tmp_path / "new" / "lessons.json").read_bytes()) == RECORD
    prints = []
    for folder in (lived_in, tmp_path / "new"):
        with acting_as(here(folder)):
            names = ["run:mine", *(path.stem for path in (folder / "models").glob("*.json"))]
            prints.append({name: load_detector(name, "cpu").fingerprint for name in names})
            run = RunFolder("mine")
            assert (run.run, run.snapshot, run.metrics()) == (RUN, take(RUN), run.metrics())
            assert len(run.metrics()) == 2
            assert ExperimentFolder("both").snapshot == run.snapshot
    assert prints[0] == prints[1]
    assert run.status == replace(Status(STOPPED, 2), heartbeat=run.status.heartbeat)
    assert run.state(torch.device("cpu"))["step"] == 2
    assert not list((tmp_path / "new").glob(".brought-*"))


def test_brought_twice_nothing_changes(away: bytes, tmp_path: Path) -> None:
    brought(away, tmp_path)
    before = files(tmp_path)
    again = brought(away, tmp_path)
    assert (set(again.new.values()), again.here, again.answers, again.told) == ({0}, 7, False, ())
    assert files(tmp_path) == before


def test_what_is_here_stays(lived_in: Path, away: bytes, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    key, _ = workspace.add(square(2, 48), "mine.png", [])
    workspace.set_notes("mine")
    (tmp_path / "lessons.json").write_bytes(replace(RECORD, student="Bob").to_json())
    with acting_as(here(tmp_path)):
        RunFolder.create(replace(RUN, seed=3), Snapshot(()))
    done = brought(away, tmp_path)
    assert (workspace.item(key).name, workspace.item(key).objects) == ("mine.png", ())
    assert (workspace.notes, done.here, done.new["picture"], done.new["run"]) == ("mine", 1, 2, 0)
    (aside,) = tmp_path.glob("lessons.json.before-*")
    assert Record.from_json(aside.read_bytes()).student == "Bob"
    assert done.told == (
        "What was written on the whole set was left out: there are others here, which stay.",
        "The run mine was left out: there is another of that name here; remove it, and bring the zip again.",
        f"Your answers to lessons until now are in the file {aside.name} of the workspace.",
    )
    with acting_as(here(tmp_path)):
        assert RunFolder("mine").run.seed == 3


def test_of_what_does_not_fit_nothing_is_written(away: bytes, tmp_path: Path) -> None:
    done = brought(away, tmp_path, images=2, nbytes=2_000_000)
    assert done.new == {"picture": 2, "clip": 0, "checkpoint": 0, "run": 0, "experiment": 1}
    assert done.told[0].startswith("4 things were left out. Your workspace is full: it holds 2 of 2")
    assert sum(len(content) for content in files(tmp_path).values()) < 2_000_000
    assert not list((tmp_path / "runs").glob("*/run.json"))


def test_a_run_that_was_stopped_goes_on_there_to_the_same_weights(lived_in: Path, tmp_path: Path) -> None:
    here_, there = tmp_path / "here", tmp_path / "there"
    workspace = Workspace(here_)
    workspace.add(square(0, 48), "0.png", [CAR])
    stopping = replace(RUN, name="stopping", keep_every=1)
    with acting_as(here(here_)):
        straight = RunFolder.create(replace(stopping, name="straight"), take(RUN))
        Trainer(straight).go()
        run = RunFolder.create(stopping, take(RUN))
        with pytest.raises(StopAsked):
            Trainer(run, lambda step, told: run.ask_to_stop() if step else None).go()
        assert list(run.steps) == [0]
    assert brought(zipped(here_), there, nbytes=100_000_000).told == ()
    with acting_as(here(there)):
        run = RunFolder("stopping")
        Trainer(run).go()
        assert hashes(run) == hashes(straight)
        assert measured(run) == measured(straight)
