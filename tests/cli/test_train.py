"""`frcnn-viz train` and `frcnn-viz runs`, as they are used."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from frcnn_viz.cli import cli
from frcnn_viz.training.run import Run
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder, all_runs
from frcnn_viz.training.tensorboard import scalars
from tests.training.small import small_run, trained_here, wait

pytestmark = pytest.mark.usefixtures("workspace")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def told(*arguments: str) -> str:
    """The sentence a command fails with."""
    result = invoke(*arguments)
    assert isinstance(result.exception, ValueError), result.output
    return str(result.exception)


def interrupt_after_a_step(name: str) -> None:
    """Press Ctrl+C while a run is between two steps; it is held there until it was asked to stop."""
    wait(lambda: name in {folder.name for folder in all_runs()})
    folder = RunFolder(name)
    wait(lambda: any("losses" in line for line in folder.metrics()))
    pid = folder.status.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        wait(lambda: folder.is_asked_to_stop)
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.skipif(os.name == "nt", reason="sends the signals of POSIX")
def test_ctrl_c_stops_and_resume_goes_on(squares: Path) -> None:
    threading.Thread(target=interrupt_after_a_step, args=("mine",), daemon=True).start()
    small = ("--base", "street-c4", "--min-size", "48", "--max-size", "64", "--batch", "1", "--device", "cpu")
    apart = ("--val-list", str(squares.with_suffix(".txt")))
    plan = ("--steps", "40", "--every", "20", "--set", "warm_up=1", "--set", "upside_down=true")
    stopped = invoke("train", "--data", str(squares), "--name", "mine", *small, *apart, *plan)
    assert stopped.exit_code == 130, stopped.output
    assert "stopped after step" in stopped.stderr
    assert "`frcnn-viz train mine --resume` goes on" in stopped.stderr
    folder = RunFolder("mine")
    assert 0 < folder.status.step < 40
    recipe = folder.run.recipe
    assert (folder.run.classes, recipe.warm_up, recipe.upside_down) == (("square",), 1, True)
    done = invoke("train", "mine", "--resume")
    assert (done.exit_code, done.stdout) == (0, "run:mine@40\n"), done.output
    assert "step 40: AP " in done.stderr
    (row,) = json.loads(invoke("runs", "list", "--json", "-").stdout)["runs"]
    assert (row["name"], row["state"], row["step"], row["kept"]) == ("mine", "done", 40, [0, 20, 40])
    assert "has done all of its 40 steps" in told("train", "mine", "--resume")


def test_runs_are_listed_shown_and_removed(squares: Path) -> None:
    assert "`frcnn-viz train --data FOLDER` begins one" in invoke("runs", "list").stdout
    trained_here(small_run(squares))
    assert "small" in invoke("runs", "list").stdout
    shown = json.loads(invoke("runs", "show", "small", "--json", "-").stdout)
    assert Run.from_dict(shown["run"]) == small_run(squares)
    assert [line["step"] for line in shown["evaluations"]] == [0, 2, 4]
    assert "recall after" in invoke("runs", "show", "small").stdout
    assert "is not under way" in told("runs", "stop", "small")
    assert invoke("runs", "remove", "small").exit_code == 0
    assert json.loads(invoke("runs", "list", "--json", "-").stdout) == {"runs": []}
    for command in (("show",), ("remove",), ("stop",), ("show", "--json", "-")):
        assert "the run 'small' is not there" in told("runs", *command, "small")


def test_a_damaged_run_is_listed_and_told(squares: Path) -> None:
    run = small_run(squares)
    folder = RunFolder.create(run, take(run))
    (folder.path / "run.json").write_text("{")
    (row,) = json.loads(invoke("runs", "list", "--json", "-").stdout)["runs"]
    assert "run.json is damaged" in row["told"]
    assert invoke("runs", "list").exit_code == 0
    assert "run.json is damaged" in invoke("runs", "show", "small").stdout
    assert invoke("runs", "remove", "small").exit_code == 0


def test_what_cannot_be_trained_is_told_before_anything_starts(squares: Path, tmp_path: Path) -> None:
    plain = tmp_path / "run.json"
    plain.write_text(json.dumps({"name": "x", "recipe": {"steps": 1, "speed": 9}}))
    words = {
        ("train",): "name the pictures with --data",
        ("train", str(plain)): "a recipe has no 'speed'",
        ("train", str(tmp_path / "none.json")): "cannot be read",
        ("train", "nothing", "--resume"): "the run 'nothing' is not there",
        ("train", "--data", str(tmp_path / "none")): "is not there; check the path",
        ("train", "--data", str(squares), "--base", "alexnet"): "there is no detector 'alexnet'",
        ("train", "--data", str(squares), "--set", "warm_up=much"): "warm_up of the recipe is 'much'",
        ("train", "--data", str(squares), "--set", "speed"): "has no value",
        ("train", "--data", str(squares), "--sizes", "8_x"): "anchor_sizes is '8_x'",
        ("train", "--data", str(squares), "--classes", "dog"): "none of the run's classes",
        ("train", "--data", "scenes:0"): "choose 1 to",
        ("train", "--data", str(squares), "--name", "../up"): "a run cannot be called '../up'",
        ("train", "--data", str(squares), "--tensorboard"): "run `pip install tensorboard`",
    }
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        pass
    else:
        words.popitem()
    for arguments, word in words.items():
        assert word in told(*arguments)
    assert json.loads(invoke("runs", "list", "--json", "-").stdout) == {"runs": []}


def test_each_number_of_a_line_has_a_name_for_tensorboard(squares: Path) -> None:
    lines = trained_here(small_run(squares, steps=2)).metrics()
    names = [set(scalars(line)) for line in lines]
    assert {"loss/loss_objectness", "gradient/backbone", "step/rate"} < names[1]
    assert {"validation loss/loss_objectness", "validation/ap", "recall after/anchors"} < names[0]
    assert all(isinstance(value, float) for line in lines for value in scalars(line).values())
