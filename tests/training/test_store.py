"""What a run leaves on disk: whole whatever happens, and nothing left of it once it is removed."""

from __future__ import annotations

import json
import math
import os
import threading
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from frcnn_viz.models.runs import runs_folder
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.signals import DONE, FAILED, GONE, RUNNING, START_SECONDS, STARTING, STOPPED, Status
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder, all_runs, pictures_folder, remove_run
from tests.training.small import small_run, trained_here

pytestmark = pytest.mark.usefixtures("workspace")

ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def folder(squares: Path) -> RunFolder:
    """Of a run that was never started."""
    run = small_run(squares)
    return RunFolder.create(run, take(run))


def test_a_run_is_what_it_was_when_it_is_read_again(folder: RunFolder, squares: Path) -> None:
    again = RunFolder(folder.name)
    assert again.run == small_run(squares)
    assert again.snapshot == take(small_run(squares))
    assert again.status == Status(STOPPED)
    assert again.metrics() == []
    assert again.steps == {}
    assert again.state(torch.device("cpu")) is None


def test_two_runs_cannot_have_one_name(folder: RunFolder, squares: Path) -> None:
    with pytest.raises(TrainingError, match="there is a run 'small' already"):
        RunFolder.create(small_run(squares, steps=9), folder.snapshot)
    assert folder.run.recipe.steps == 4


@pytest.mark.parametrize(
    "name", ["", "..", ".", "../runs/small", "small/steps", "/etc", "no such", "sm\0all", ".pictures"]
)
def test_hostile_names_are_no_runs(folder: RunFolder, name: str) -> None:
    with pytest.raises(TrainingError, match="is not there"):
        RunFolder(name)
    with pytest.raises(TrainingError, match="is not there"):
        remove_run(name)
    assert all_runs()[0].name == "small"


LINES = st.lists(
    st.fixed_dictionaries(
        {"step": st.integers(0, 100), "losses": st.dictionaries(st.text(max_size=5), st.floats() | st.integers())}
    ),
    max_size=6,
)


@ONE_FOLDER
@given(LINES, st.binary(max_size=20).filter(lambda torn: b"\n" not in torn), st.data())
def test_metrics_survive_a_torn_line(folder: RunFolder, lines: list[dict], torn: bytes, data: st.DataObject) -> None:
    path = folder.path / "metrics.jsonl"
    path.unlink(missing_ok=True)
    for line in lines:
        folder.append(line)
    told = [
        {**line, "losses": {k: v if math.isfinite(v) else None for k, v in line["losses"].items()}} for line in lines
    ]
    assert folder.metrics() == told
    with path.open("ab") as file:
        file.write(torn)
    assert folder.metrics() == told
    step = data.draw(st.integers(-1, 100))
    folder.cut(step)
    assert folder.metrics() == [line for line in told if line["step"] <= step]
    folder.append({"step": 101})
    assert folder.metrics()[-1] == {"step": 101}


def test_lines_that_are_none_are_left_out(folder: RunFolder) -> None:
    (folder.path / "metrics.jsonl").write_bytes(b'{"step": 1}\nrubbish\n[]\n{"step": "x"}\n{}\n\n{"step": 2}\n{"step":')
    assert [line["step"] for line in folder.metrics()] == [1, 2]
    folder.cut(1)
    assert (folder.path / "metrics.jsonl").read_bytes() == b'{"step": 1}\n'


def test_the_word_of_a_process_holds_as_long_as_that_lives(folder: RunFolder) -> None:
    with folder.alive():
        folder.say(Status(RUNNING, 3, "Measures.", pid=7, ticket="5"))
        said = RunFolder(folder.name).status
        assert (said.state, said.step, said.told, said.pid, said.ticket) == (RUNNING, 3, "Measures.", 7, "5")
        with pytest.raises(TrainingError, match="under way in another process"), folder.alive():
            pass
        with pytest.raises(TrainingError, match="stop it first"):
            remove_run(folder.name)
    gone = folder.status
    assert (gone.state, gone.told, gone.step) == (FAILED, GONE, 3)
    folder.say(Status(DONE, 6))
    assert folder.status.state == DONE


def test_a_process_has_a_minute_for_its_first_word(folder: RunFolder) -> None:
    folder.say(Status(STARTING))
    assert folder.status.state == STARTING
    held = json.loads((folder.path / "status.json").read_text())
    (folder.path / "status.json").write_text(json.dumps({**held, "heartbeat": held["heartbeat"] - START_SECONDS}))
    assert folder.status.state == FAILED


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": 1, "mood": 2}', b"\xff" * 50])
def test_damaged_files_are_told(folder: RunFolder, content: bytes) -> None:
    for name in ("status.json", "run.json", "snapshot.json", "state.pt"):
        (folder.path / name).write_bytes(content)
    assert folder.status.state == FAILED
    assert "status.json" in folder.status.told
    for read in (lambda: folder.run, lambda: folder.snapshot, lambda: folder.state(torch.device("cpu"))):
        with pytest.raises(TrainingError, match=str(folder.path)):
            read()
    assert [one.name for one in all_runs()] == ["small"]
    remove_run("small")
    assert all_runs() == []


def test_a_full_disk_leaves_the_last_word_in_place(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for another file: the word is written over the old one."""
    folder.say(Status(RUNNING, 3))
    monkeypatch.setattr("tempfile.mkstemp", lambda **_: (_ for _ in ()).throw(OSError(28, os.strerror(28))))
    folder.say(Status(FAILED, 3, "No room."))
    assert asdict(folder.status) | {"heartbeat": 0} == asdict(Status(FAILED, 3, "No room."))


def test_a_trained_run_keeps_what_it_says(squares: Path) -> None:
    folder = trained_here(small_run(squares))
    assert list(folder.steps) == [0, 2, 4]
    lines = folder.metrics()
    assert [line["step"] for line in lines if "losses" in line] == [1, 2, 3, 4]
    assert [line["step"] for line in lines if "evaluation" in line] == [0, 2, 4]
    kinds = {tensor.dtype for tensor in load_file(folder.steps[4]).values()}
    assert torch.float32 in kinds
    assert torch.float16 not in kinds
    assert not list(folder.path.rglob("*.partial"))


def test_runs_on_the_same_pictures_share_them_until_the_last_is_removed(squares: Path) -> None:
    first, second = (trained_here(small_run(squares, name, steps=1, evaluate_every=0)) for name in ("a", "b"))
    assert first.pictures == second.pictures
    assert len(list(pictures_folder().iterdir())) == 2
    remove_run("a")
    assert not first.path.exists()
    assert (pictures_folder() / second.pictures).exists()
    assert [one.name for one in all_runs()] == ["b"]
    remove_run("b")
    assert list(pictures_folder().iterdir()) == []
    assert [path.name for path in runs_folder().iterdir() if path.is_dir()] == [".pictures"]


def test_many_may_look_while_a_run_speaks(folder: RunFolder) -> None:
    """None that looks takes it for gone."""
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(RunFolder(folder.name).status.state)

    with folder.alive():
        folder.say(Status(RUNNING))
        watchers = [threading.Thread(target=look) for _ in range(3)]
        for watcher in watchers:
            watcher.start()
        for step in range(50):
            folder.say(Status(RUNNING, step))
        folder.say(Status(DONE, 50))
        done.set()
        for watcher in watchers:
            watcher.join()
    assert seen <= {RUNNING, DONE}
