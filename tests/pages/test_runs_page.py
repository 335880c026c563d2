"""Runs on the page Train: begun, followed, opened."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.data.samples import CELLS
from frcnn_viz.training.run import Run
from frcnn_viz.training.signals import DONE, Status
from frcnn_viz.training.store import RunFolder
from tests.pages.opening import open_page, seen
from tests.training.small import small_run, trained_here, write_pictures


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run of a few steps in a workspace of its own."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRCNN_VIZ_WORKSPACE", str(folder / "workspace"))
        run = small_run(write_pictures(folder / "set"), "small")
        trained_here(run)
        RunFolder("small").say(Status(DONE, run.recipe.steps))
        yield run


def titles(test: AppTest) -> list[str]:
    return [chart.proto.spec for chart in test.get("plotly_chart")]


def test_without_a_run_the_page_leads_to_where_one_begins() -> None:
    test = open_page("train/runs")
    assert "Nothing was trained yet" in test.info[0].value
    test.button(key="to_learn").click().run()
    assert test.button(key="learn_train")
    assert not test.exception


@pytest.mark.parametrize(("charts", "words"), [("losses", 4), ("quality", 2), ("gradients", 2), ("moved", 1)])
def test_a_runs_curves(done: Run, charts: str, words: int) -> None:
    test = open_page("train/runs", **{"train.charts": charts})
    assert len(titles(test)) == words
    assert test.selectbox(key="option_train.run").value == "small"
    assert not test.error
    assert not test.warning


def test_a_kept_step_opens_on_another_page(done: Run) -> None:
    test = open_page("train/runs", **{"train.strip": "1"})
    steps = list(RunFolder("small").steps)
    assert len(steps) > 1
    test.select_slider(key="run_step").set_value(steps[0]).run()
    test.button(key="run_open_proposals").click().run()
    assert seen(test).model == f"run:small@{steps[0]}"


def test_what_is_set_is_what_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "workspace"))
    began: list[Run] = []
    monkeypatch.setattr("frcnn_viz.ui.panes.learn.start", lambda run, tell: began.append(run))
    link = {"train.steps": "20", "train.parts": "heads", "train.keep": "1", "anchor_sizes": "8|16|32|64|128"}
    test = open_page("train/learn", **link)
    assert "the anchors set now" in " ".join(caption.value for caption in test.caption)
    test.button(key="learn_train").click().run()
    (run,) = began
    assert (run.recipe.steps, run.parts, run.keep_features, run.data) == (20, "heads", True, str(CELLS))
    assert run.detector.anchor_sizes == ((8.0,), (16.0,), (32.0,), (64.0,), (128.0,))
    assert sorted(run.detector.classes) == ["Platelets", "RBC", "WBC"]
    assert run.name == "street-fpn-1"


def test_a_name_that_is_taken_is_told_and_nothing_is_begun(done: Run) -> None:
    test = open_page("train/learn", **{"train.name": "small"})
    before = RunFolder("small").metrics()
    test.button(key="learn_train").click().run()
    assert "there is a run 'small' already" in test.error[0].value
    assert test.button(key="learn_train")
    assert RunFolder("small").metrics() == before


def test_a_learning_rate_is_looked_for_and_taken(done: Run) -> None:
    test = open_page("train/learn", **{"train.batch": "1", "train.parts": "rpn"})
    test.button(key="learn_find_rate").click().run()
    child = test.session_state["kept_rates"]["child"]
    child.wait(100)
    test.run()
    assert not test.exception
    assert not test.error
    found = child.said[-1]
    test.button(key="learn_take_rate").click().run()
    taken = dict(seen(test).options).get("train.rate", "-3.0")
    assert abs(float(taken) - max(-5.0, min(0.0, math.log10(found.suggested)))) <= 0.125 + 1e-9
    test.button(key="learn_end_rate").click().run()
    assert test.button(key="learn_find_rate")
