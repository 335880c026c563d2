"""Each kept step of a run opens on the pages as any detector does."""

from __future__ import annotations

from pathlib import Path

import pytest

from frcnn_viz.models.runs import NEW_LAYER
from frcnn_viz.training.store import remove_run
from tests.pages.opening import as_read, open_app, open_page, seen
from tests.training.small import small_run, trained_here, write_pictures


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "workspace"))
    trained_here(small_run(write_pictures(tmp_path / "set"), steps=2, evaluate_every=0))


@pytest.mark.parametrize("page", ["proposals", "autopsy", "overview"])
@pytest.mark.parametrize("model", ["run:small@0", "run:small@2", "run:small"])
def test_a_link_to_a_step_opens_it(page: str, model: str) -> None:
    test = open_page(page, model=model)
    assert seen(test).model == model
    assert not [told.value for told in test.warning if "not here" in told.value]
    assert not test.error
    cautions = [markdown.proto.help for markdown in test.markdown if "untrained" in markdown.value]
    assert cautions == ([NEW_LAYER] if model == "run:small@0" else [])


def test_the_frame_scrubs_through_a_runs_steps_and_the_page_stays() -> None:
    test = open_app(model="run:small@0", box_score_thresh="0.2")
    assert test.sidebar.selectbox(key="choose_model").value == "run:small"
    slider = test.sidebar.select_slider(key="choose_step")
    assert (slider.value, list(slider.options)) == (0, ["0", "2"])
    slider.set_value(2).run()
    assert not test.exception
    assert seen(test).model == "run:small@2"
    assert dict(seen(test).changes) == {"box_score_thresh": "0.2"}


def test_a_removed_run_is_told() -> None:
    remove_run("small")
    test = open_page("overview", model="run:small@2")
    assert "The link names the detector 'run:small@2', which is not here" in as_read(test.warning[0].value)
