"""The page Experiments: the one that comes with the program, and one of the visitor's own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.data.samples import CELLS
from frcnn_viz.training.experiment import Experiment
from frcnn_viz.training.experiment_store import ExperimentFolder, all_experiments
from frcnn_viz.training.experiments import _measure, _train
from frcnn_viz.training.signals import STOPPED, Status
from frcnn_viz.ui.panes.arms import GROUPS, shipped
from tests.pages.opening import open_page, seen
from tests.training.small import write_pictures
from tests.training.test_experiment import made, small_experiment

ANCHORS = "8|16|32|64|128"


@pytest.fixture(scope="module")
def half_done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExperimentFolder]:
    """An experiment that was stopped when two seeds were done, in a workspace of its own."""
    folder = tmp_path_factory.mktemp("experiments")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRCNN_VIZ_WORKSPACE", str(folder / "workspace"))
        done = made(small_experiment(write_pictures(folder / "set"), steps=1))
        for _, _, run in list(done.experiment.parts())[:4]:
            _train(done, run)
            _measure(done, run.name)
        done.say(Status(STOPPED, 4))
        yield done


def texts(test: AppTest) -> str:
    return " ".join(element.value for kind in ("markdown", "caption", "info", "warning") for element in test.get(kind))


@pytest.mark.parametrize("about", GROUPS)
def test_the_one_that_comes_with_the_program_is_first_and_shows_its_verdict(about: str) -> None:
    test = open_page("experiments", **{"experiments.about": about})
    assert test.selectbox(key="option_experiments.name").value == ""
    record = shipped()
    assert len(record.seeds) == len(record.experiment.seeds) >= 3
    assert record.sentence in texts(test).replace("\\", "")
    (table,) = [frame.value for frame in test.dataframe]
    if about == "objects":
        assert len(table) == len(record.disagreements()) > 0
    else:
        assert len(test.get("plotly_chart")) == 1
        assert len(table) == len(record.rows(about)) + (about == "figures")
    assert not test.error


def test_the_one_that_comes_with_the_program_agrees_with_the_words_about_it() -> None:
    run = shipped().experiment.run
    assert (run.data, run.train_list, run.validation_list) == ("blood cells (BCCD)", "train.txt", "val.txt")
    assert len({target.picture for target in shipped().results.targets}) == 87


def test_a_figure_that_has_no_objects_is_in_the_table_and_not_drawn(half_done: ExperimentFolder) -> None:
    rows = half_done.record.rows("figures")
    nothing = {row.name for row in rows if any(math.isnan(value) for arm in row.arms for value in arm)}
    assert {"APl"} <= nothing < {row.name for row in rows}
    test = open_page("experiments", **{"experiments.name": "small", "experiments.figure": "APl"})
    box = test.selectbox(key="option_experiments.figure")
    assert len(box.options) == len(rows) - len(nothing)
    assert box.value not in nothing
    assert len(test.dataframe[0].value) == len(rows) + 1
    assert not test.exception


def test_one_that_was_stopped_shows_what_it_has_and_can_be_removed(half_done: ExperimentFolder) -> None:
    test = open_page("experiments", **{"experiments.name": "small"})
    assert half_done.record.sentence in texts(test).replace("\\", "")
    assert "Mean ± standard deviation of 2 seeds, after 1 steps" in texts(test)
    assert test.button(key="experiment_resume")
    assert not [button for button in test.button if button.key == "experiment_stop"]
    test.button(key="experiment_remove").click().run()
    assert not test.exception
    assert all_experiments() == []
    assert test.selectbox(key="option_experiments.name").value == ""


def test_what_is_set_is_what_is_begun(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[Experiment] = []
    monkeypatch.setattr("frcnn_viz.ui.panes.arms_begin.start", lambda made, tell: began.append(made))
    link = {"anchor_sizes": ANCHORS, "experiments.times": "0.5"}
    test = open_page("experiments/begin", **link, **{"experiments.steps": "20", "experiments.seeds": "4"})
    told = "own: anchor sizes of the detector; learning rate 0.001. changed: anchor sizes 8 | 16 | 32 | 64 | 128; "
    assert told in texts(test).replace("\\", "")
    test.button(key="experiment_start").click().run()
    assert not test.exception
    (experiment,) = began
    own, changed = (experiment.run_of(arm, 3) for arm in experiment.arms)
    assert (own.data, own.recipe.steps, own.recipe.learning_rate, own.detector.anchor_sizes) == (
        str(CELLS),
        20,
        1e-3,
        (),
    )
    assert changed.detector.anchor_sizes == ((8.0,), (16.0,), (32.0,), (64.0,), (128.0,))
    assert changed.recipe.learning_rate == pytest.approx(10**-2.5)
    assert experiment.seeds == (0, 1, 2, 3)
    assert dict(seen(test).options)["experiments.name"] == "street-fpn-experiment-1"


def test_two_arms_alike_are_told_and_cannot_be_begun(workspace: Path) -> None:
    test = open_page("experiments/begin")
    assert "Both arms would be the same training" in test.warning[0].value
    assert not [button for button in test.button if button.key == "experiment_start"]


def test_where_there_is_no_set_nothing_is_begun(workspace: Path) -> None:
    test = open_page("experiments/begin", **{"experiments.set": "yours", "anchor_sizes": ANCHORS})
    assert "No picture of this set has objects to learn" in test.warning[0].value
    assert not [button for button in test.button if button.key == "experiment_start"]
    assert all_experiments() == []
