"""A workspace taken away and brought back is the same one; what is hostile in the zip does no harm, and is told."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from frcnn_viz.classroom.bringing import MOST, Brought, bring
from frcnn_viz.classroom.bundle import Bundle, take_away
from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.samples import CELLS
from frcnn_viz.data.tenant import Limits, Tenant, acting_as
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.lessons.lesson import Stage
from frcnn_viz.lessons.record import Record, Row, Try
from frcnn_viz.models.own import add_checkpoint
from frcnn_viz.models.registry import ENTRIES, load_detector
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.experiment import Arm, Experiment
from frcnn_viz.training.experiment_store import ExperimentFolder
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.run import Run
from frcnn_viz.training.signals import RUNNING, STOPPED, Status
from frcnn_viz.training.snapshot import Snapshot, take
from frcnn_viz.training.store import RunFolder
from frcnn_viz.training.trainer import StopAsked, Trainer
from tests.data.test_room import files, square
from tests.data.videos import pictures, write_video
from tests.training.small import hashes, measured

CAR = Object((8.0, 8.0, 32.0, 32.0), "car")
BUS = Object((4.0, 8.0, 32.0, 40.0), "bus", difficult=True)
RUN = Run(
    "mine",
    Recipe(2, batch=1, half=False),
    Variant("street-c4", classes=("car",), min_size=48, max_size=64),
    parts="predictor",
    validation=0.0,
    device="cpu",
)
RECORD = Record("Ada", "7", (Row("count", Stage.PREDICT, "q", "p", "s", "d", "f", tries=(Try("3", 5.0, 2.0, True),)),))


def here(folder: Path, **limits: int) -> Tenant:
    return Tenant(folder, Limits(**limits), opens_paths=False)


def zipped(folder: Path) -> bytes:
    return b"".join(take_away(folder))


def brought(zip_: bytes, folder: Path, **limits: int) -> Brought:
    one = here(folder, **limits)
    return bring(one, Workspace(folder, one.limits), io.BytesIO(zip_))


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with something of all kinds."""
    folder = tmp_path_factory.mktemp("lived") / "in"
    workspace = Workspace(folder)
    keys = [workspace.add(square(seed, 48), f"{seed}.png", [CAR])[0] for seed in (2, 0, 1)]
    workspace.save(keys[0], [CAR, BUS])
    workspace.save(keys[0], [BUS])
    workspace.set_note(keys[1], "a note")
    workspace.set_notes("on all")
    workspace.add_classes(["lorry"])
    clip, _ = workspace.clips.add(write_video(folder / "a.mp4", pictures(3)).read_bytes(), "a.mp4")
    workspace.clips.save(clip, 1, [replace(CAR, identity="one")])
    workspace.clips.save(clip, 1, [replace(BUS, identity="one")])
    (folder / "lessons.json").write_bytes(RECORD.to_json())
    with acting_as(here(folder)):
        base = ENTRIES["street-c4"]
        add_checkpoint(base.file, base, title="mine.pt")
        run = RunFolder.create(RUN, take(RUN))
        Trainer(run).go()
        run.say(Status(RUNNING, 2, "Begins.", pid=1))
        arms = Arm("slow", {"recipe": {"learning_rate": 0.001}}), Arm("quick", {"recipe": {"learning_rate": 0.002}})
        ExperimentFolder.create(Experiment(replace(RUN, name="both", validation=0.5), arms), run.snapshot)
    for name in ("removed/x.png", "server.json", "visitor.json", "examined.sqlite"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"not to be taken")
    os.symlink("/etc/passwd", folder / "images" / f"{'0' * 16}.png")
    return folder


@pytest.fixture(scope="module")
def away(lived_in: Path) -> bytes:
    return zipped(lived_in)


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


# --- hostile ones


def altered(zip_: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A zip whose members are what `change` makes of them; without those of which it makes None."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(zip_)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            content = change(entry.filename, old.read(entry))
            if content is not None:
                new.writestr(entry, content)
    return made.getvalue()


def weights(**tensors: torch.Tensor) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.safetensors"
        save_file(tensors, path)
        return path.read_bytes()


def saved(value: object) -> bytes:
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def with_run(**changes: object) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps({**json.loads(content), **changes}).encode()


NOT_JSON = b"[" * 100_000
HOSTILE = {
    "picture": [
        ("images/", lambda content: content[:100], "is damaged"),
        ("images/", lambda content: square(9, 48), "is another picture"),
        ("annotations/", lambda content: NOT_JSON, "is damaged"),
        ("annotations/", lambda content: content.replace(b'"width": 48', b'"width": 4800'), "is another picture"),
        ("history/", lambda content: b'{"objects": 3}', "is damaged"),
    ],
    "clip": [
        ("clips/", lambda content: content if content[:1] == b"{" else content[:-1], "is another video"),
        ("clips/", lambda content: content if b'"codec"' not in content else b'{"name": {}', "is damaged"),
    ],
    "checkpoint": [
        ("models/", lambda content: NOT_JSON if content[:1] == b"{" else content, "is damaged"),
        ("models/", lambda content: content if content[:1] == b"{" else content[:1000], "no readable safetensors"),
        ("models/", lambda content: content if content[:1] == b"{" else weights(a=torch.zeros(1)), "lacks"),
        ("models/", lambda content: content.replace(b'"street-c4"', b'"gone"'), "is not here"),
    ],
    "run": [
        ("runs/mine/run.json", lambda content: NOT_JSON, "is damaged"),
        ("runs/mine/run.json", with_run(data="/etc"), "files of a computer"),
        ("runs/mine/run.json", with_run(train_list="/etc/passwd"), "files of a computer"),
        ("runs/mine/run.json", with_run(name="other"), "called otherwise"),
        ("runs/mine/run.json", with_run(detector={"base": "run:mine"}), "is not there"),
        ("runs/mine/run.json", with_run(detector={"base": "../../x"}), "there is no detector"),
        ("runs/mine/snapshot.json", lambda content: b"{}", "is damaged"),
        ("runs/mine/steps/2.safetensors", lambda content: weights(a=torch.zeros(1)), "of another model"),
        ("runs/mine/still.safetensors", lambda content: None, "of another model"),
        ("runs/mine/state.pt", lambda content: saved({"model": {}, "optimizer": {}, "step": 2}), "state is damaged"),
        ("runs/mine/state.pt", lambda content: saved(Path("x")), "state is damaged"),
        ("runs/mine/status.json", lambda content: b"3", "is damaged"),
    ],
    "experiment": [
        ("experiments/both/experiment.json", lambda content: b"{}", "its arms"),
        ("experiments/both/snapshot.json", lambda content: None, "is missing"),
    ],
}


@pytest.mark.parametrize(
    ("kind", "member", "change", "told"),
    [(kind, *one) for kind, ones in HOSTILE.items() for one in ones],
)
def test_what_is_damaged_is_left_out_as_a_whole(
    kind: str, member: str, change: Callable[[bytes], bytes], told: str, away: bytes, tmp_path: Path
) -> None:
    """Alone in its zip, so that each takes a moment."""
    tops = {"picture": ("images", "annotations", "history"), "clip": ("clips",), "checkpoint": ("models",)}
    tops |= {"run": ("runs",), "experiment": ("experiments",)}

    def alter(name: str, content: bytes) -> bytes | None:
        if not name.startswith(tops[kind]):
            return None
        return change(content) if name.startswith(member) else content

    done = brought(altered(away, alter), tmp_path)
    assert told in done.told[0]
    assert len(done.told) + sum(done.new.values()) == (3 if kind == "picture" else 1)
    workspace = Workspace(tmp_path)
    assert len(workspace.ids) == done.new["picture"]
    assert (workspace.damaged(), workspace.clips.ids()) == ({}, ())
    assert not [name for name in files(tmp_path) if name.startswith(("clips", "runs", "models", "experiments", "."))]


@pytest.mark.parametrize("data", ["workspace:class", str(CELLS)])
def test_a_run_on_what_all_have_comes_back(data: str, away: bytes, tmp_path: Path) -> None:
    of_all = with_run(data=data)

    def alter(name: str, content: bytes) -> bytes | None:
        if not name.startswith("runs/"):
            return None
        return of_all(content) if name.endswith("run.json") else content

    done = brought(altered(away, alter), tmp_path)
    assert (done.told, done.new["run"]) == ((), 1)


@pytest.mark.parametrize(
    ("name", "attributes", "told"),
    [
        ("../images/0123456789abcdef.png", 0, "names a file outside itself"),
        ("/images/0123456789abcdef.png", 0, "names a file outside itself"),
        ("images\\..\\..\\x", 0, "names a file outside itself"),
        ("images/0123456789abcdef.png", stat.S_IFLNK << 16, "holds a link"),
        ("IMAGES/0123456789abcdef.PNG", 0, "names a file twice"),
        ("runs/../../x/run.json", 0, "names a file outside itself"),
    ],
)
def test_hostile_names_are_refused_before_anything_is_written(
    name: str, attributes: int, told: str, tmp_path: Path
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("images/0123456789abcdef.png" if "twice" in told else "workspace.json", "{}")
        entry = zipfile.ZipInfo(name)
        entry.external_attr = attributes
        archive.writestr(entry, "x")
    Workspace(tmp_path)
    before = files(tmp_path)
    with pytest.raises(DataError, match=told):
        brought(made.getvalue(), tmp_path)
    assert files(tmp_path) == before


def test_too_many_things_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("workspace.json", json.dumps({"images": [], "classes": ["car"], "notes": ""}))
        for number in range(MOST + 1):
            archive.writestr(f"experiments/e{number}/experiment.json", b"{}")
    with pytest.raises(DataError, match="at most 5,000 can be"):
        brought(made.getvalue(), tmp_path)
    assert Workspace(tmp_path).classes == ()


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + b"\0" * 18, b"no zip"])
def test_what_is_no_workspace_is_refused(content: bytes) -> None:
    with pytest.raises(DataError):
        Bundle(io.BytesIO(content))


def test_bombs_are_refused(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images/0123456789abcdef.png", bytes(20_000_000))
    with pytest.raises(DataError, match="packed like a bomb"):
        brought(made.getvalue(), tmp_path)
    content = made.getvalue().replace((20_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    told = brought(content, tmp_path).told  # it says that it has 100 bytes
    assert len(told) == 1
    assert "it is damaged" in told[0]
    assert not Workspace(tmp_path).ids


FOLDERS = ("images", "annotations", "history", "clips", "models", "runs", "experiments")
FILES = ("0123456789abcdef", "own-0123456789ab", "run.json", "lessons.json", "workspace.json", "1.json", "state.pt")
ODD = ("..", ".", "", "steps", "CON", "~", "\x00", "x\n", ".json", "..\\..", "C:", "\u202e", "é", "e\u0301")
PARTS = st.sampled_from((*FOLDERS, *FILES, *ODD))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(PARTS, min_size=1, max_size=5).map("/".join) | st.text(max_size=30), max_size=4))
def test_no_name_leads_out_of_the_folder(tmp_path: Path, names: list[str]) -> None:
    made, folder = io.BytesIO(), tmp_path / "in"
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"{}")
    try:
        done = brought(made.getvalue(), folder)
    except DataError:
        pass
    else:
        assert sum(done.new.values()) == 0
    assert [path.name for path in tmp_path.iterdir()] in ([], ["in"])
    known = {"workspace.json", ".lock", ".room.lock", ".lessons.lock", "images", "thumbnails", "annotations", "history"}
    assert {path.name for path in folder.glob("*")} <= known
