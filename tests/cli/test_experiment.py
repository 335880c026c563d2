"""`frcnn-viz experiment`, as it is used."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from frcnn_viz.cli.experiment import _show
from frcnn_viz.paths import ASSETS
from frcnn_viz.training.experiment_store import ExperimentFolder, all_experiments
from frcnn_viz.training.results import Record
from frcnn_viz.training.store import all_runs
from tests.cli.test_train import invoke, told
from tests.training.small import wait
from tests.training.test_experiment import small_experiment

pytestmark = pytest.mark.usefixtures("workspace")


def interrupt_in_a_run() -> None:
    """Press Ctrl+C once the first run is done; the process is held until it was asked to stop."""
    wait(lambda: all_experiments() and all_experiments()[0].record.results.measured, 200)
    (folder,) = all_experiments()
    pid = folder.status.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        wait(lambda: folder.is_asked_to_stop)
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.skipif(os.name == "nt", reason="sends the signals of POSIX")
def test_ctrl_c_stops_and_resume_goes_on_to_a_verdict(squares: Path) -> None:
    threading.Thread(target=interrupt_in_a_run, daemon=True).start()
    small = ("--base", "street-c4", "--min-size", "48", "--max-size", "64", "--batch", "1", "--device", "cpu")
    apart = ("--val-list", str(squares.with_suffix(".txt")), "--set", "warm_up=1")
    arms = ("--a", "learning_rate=0.0005", "--b", "anchor_sizes=12_24_32", "--b", "min_size=64", "--name-b", "new")
    stopped = invoke("experiment", "--data", str(squares), "--name", "mine", "--steps", "2", *small, *apart, *arms)
    assert stopped.exit_code == 130, stopped.output
    assert "`frcnn-viz experiment mine --resume` goes on" in stopped.stderr
    experiment = ExperimentFolder("mine").experiment
    assert [arm.changes for arm in experiment.arms] == [
        {"recipe": {"learning_rate": 0.0005}},
        {"detector": {"anchor_sizes": [[12.0, 24.0, 32.0]], "min_size": 64}},
    ]
    done = invoke("experiment", "mine", "--resume", "--json", "-")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert (content["state"], len(content["results"]["measured"])) == ("done", 6)
    record = Record.from_dict(content)
    assert record == ExperimentFolder("mine").record
    assert content["verdict"]["sentence"] == record.sentence
    shown = invoke("experiment", "mine")
    assert record.sentence in shown.stdout.replace("\n", " ")
    assert "new less a" in shown.stdout
    assert "is done with all of its runs" in told("experiment", "mine", "--resume")
    assert invoke("experiment", "mine", "--remove").exit_code == 0
    assert (all_experiments(), all_runs()) == ([], [])


def test_what_cannot_be_compared_is_told_before_anything_starts(squares: Path, tmp_path: Path) -> None:
    file, one_seed = tmp_path / "experiment.json", tmp_path / "one.json"
    content = small_experiment(squares).to_dict()
    file.write_text(json.dumps(content | {"run": content["run"] | {"data": str(tmp_path / "none")}}))
    one_seed.write_text(json.dumps(content | {"seeds": [1]}))
    some = ("experiment", "--data", str(squares))
    words = {
        ("experiment",): "name the pictures with --data",
        ("experiment", str(file)): "is not there; check the path",
        ("experiment", str(one_seed)): "there are 1 seeds",
        ("experiment", str(tmp_path / "none.json")): "cannot be read",
        ("experiment", "nothing"): "the experiment 'nothing' is not there",
        ("experiment", "nothing", "--resume"): "the experiment 'nothing' is not there",
        ("experiment", "nothing", "--remove"): "the experiment 'nothing' is not there",
        some: "a and b are the same training",
        (*some, "--b", "steps=9"): "changes steps, which both arms must share",
        (*some, "--b", "speed=9"): "a recipe has no 'speed'",
        (*some, "--b", "anchor_sizes=8_x"): "anchor_sizes is '8_x'",
        (*some, "--b", "parts=none"): "parts is 'none'",
        (*some, "--b", "base=alexnet"): "there is no detector 'alexnet'",
        (*some, "--b", "learning_rate=0.1", "--seeds", "2"): "there are 2 seeds",
        (*some, "--b", "anchor_sizes=8|16"): "there are anchor sizes for 2",
    }
    for arguments, word in words.items():
        assert word in told(*arguments)
    assert (all_experiments(), all_runs()) == ([], [])


def test_a_class_with_brackets_is_written_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads((ASSETS / "experiment-anchors.json").read_text())
    for one in content["results"]["measured"].values():
        one["per_class"]["[/x]"] = 0.5
    _show(Record.from_dict(content))
    assert "[/x]" in capsys.readouterr().out
