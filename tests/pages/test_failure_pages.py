"""Why missed, waterfall, NMS court."""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.analysis.nms import RPN
from frcnn_viz.data.annotations import Object
from frcnn_viz.ui import library, survey
from frcnn_viz.ui.session import sample_picture
from tests.pages.opening import open_page


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty workspace, in which nothing was examined."""
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(survey, "_DONE", OrderedDict())


def control(test: AppTest, name: str) -> Any:
    """The control that asks which images."""
    return next(c for c in test.button_group if re.fullmatch(rf"{name}_\d", c.key))


def choose_samples(test: AppTest, name: str) -> None:
    """All samples, examined."""
    control(test, name).set_value("the sample scenes").run()
    test.button(key=f"{name}_run").click().run()
    assert not test.exception


def heading(test: AppTest) -> str:
    (found,) = [markdown.value for markdown in test.markdown if markdown.value.startswith("### Object")]
    return found


def test_the_first_missed_object_is_shown_with_its_sentence() -> None:
    test = open_page("autopsy", model="street-c4", image="tiny-birds")
    assert "bird" in heading(test)
    assert not heading(test).endswith("found")
    assert test.warning[0].value.endswith(".")


def scene_in_workspace(*flags: dict[str, bool]) -> str:
    """A sample scene as an image of the workspace, with as many of its objects as there are flags."""
    image, truth, _ = sample_picture("first-street")
    buffer = io.BytesIO()
    image.image.save(buffer, "PNG")
    pairs = zip(truth.boxes_in_image.tolist(), truth.names, flags, strict=False)
    objects = [Object(tuple(box), name, **given) for box, name, given in pairs]
    key, _ = library.workspace().add(buffer.getvalue(), "street.png", objects)
    return key


def captions(test: AppTest) -> str:
    return " ".join(caption.value for caption in test.caption)


@pytest.mark.parametrize("name", ["autopsy", "waterfall"])
def test_ignored_objects_are_told_and_not_counted(name: str) -> None:
    test = open_page(name, image=scene_in_workspace({}, {"crowd": True}, {"difficult": True}))
    assert "neither found nor missed: 2; detections on them" in captions(test)
    if name == "autopsy":
        assert "of 1 objects missed" in captions(test)
        (table,) = [frame.value for frame in test.dataframe if "verdict" in frame.value.columns]
        assert list(table["verdict"]).count("ignored") == 2
    else:
        (table,) = [frame.value for frame in test.dataframe if "group" in frame.value.columns]
        assert (table["objects"] <= 1).all()


def test_false_alarms_of_an_empty_picture_are_counted() -> None:
    key = scene_in_workspace()
    test = open_page("autopsy", image=key)
    assert "0 of 0 objects missed, 0 false alarms" not in captions(test)
    assert "0 of 0 objects missed" in captions(test)
    assert "nothing drawn on them: 1 of 1" in captions(test)
    test = open_page("waterfall", image=key)
    control(test, "waterfall").set_value("your images").run()
    assert not test.exception
    assert "nothing drawn on them: 1 of 1" in captions(test)
    assert test.success[0].value == "No object was missed."


def test_a_fix_is_tried_and_applied() -> None:
    test = open_page("autopsy", image="first-street", box_score_thresh="0.97")
    assert "taken for background" in heading(test) or "under the score threshold" in heading(test)
    object_ = int(heading(test).split()[2].rstrip(":"))
    test.button(key="try_fixes").click().run()
    assert not test.exception
    test.button(key="apply_fix_0").click().run()
    assert not test.exception
    (table,) = [frame.value for frame in test.dataframe if "verdict" in frame.value.columns]
    assert table.set_index("object").loc[object_, "verdict"] == "found"


def test_the_waterfall_of_the_samples_names_what_loses_most() -> None:
    test = open_page("waterfall", model="street-c4")
    choose_samples(test, "waterfall")
    assert "loses most" in " ".join(markdown.value for markdown in test.markdown)


def test_what_was_examined_outlives_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    test = open_page("waterfall")
    choose_samples(test, "waterfall")
    told = [markdown.value for markdown in test.markdown]
    monkeypatch.setattr(survey, "_DONE", OrderedDict())  # as in a new process
    monkeypatch.setattr(survey, "examine_image", None)  # which examines nothing again
    again = open_page("waterfall")
    control(again, "waterfall").set_value("the sample scenes").run()
    assert not again.exception
    assert [markdown.value for markdown in again.markdown] == told


def test_one_object_has_one_examination_for_all_pages() -> None:
    open_page("autopsy", image="football")
    held = len(survey._DONE)
    open_page("waterfall", image="football")
    open_page("metrics", image="football")
    assert len(survey._DONE) == held == 1


@pytest.mark.parametrize("stage", ["final", RPN])
def test_the_court_steps_through_nms(stage: str) -> None:
    test = open_page("court", image="crowd")
    if stage == RPN:
        test.button_group(key="court_stage").set_value(RPN).run()
    slider = next(slider for slider in test.slider if slider.key.startswith("court_step"))
    slider.set_value(3).run()
    assert not test.exception
    assert any(caption.value.startswith("Step 3 of") for caption in test.caption)


def test_the_metrics_of_the_samples_and_another_detector() -> None:
    test = open_page("metrics", model="street-c4")
    choose_samples(test, "metrics")
    figures = {metric.label: metric.value for metric in test.metric}
    assert float(figures["AP50"]) > float(figures["AP"]) > 0
    (choice,) = [box for box in test.selectbox if box.label == "Compare with"]
    choice.set_value("Street scenes, FPN, its own settings").run()
    test.button(key="compared_run").click().run()
    assert not test.exception
    assert "objects are found here and not there" in " ".join(markdown.value for markdown in test.markdown)


@pytest.mark.parametrize("axis", ["shift", "image size"])
def test_stress_tells_what_breaks_first(axis: str) -> None:
    test = open_page("stress", image="football", object="1")
    test.button_group(key="stress_axis").set_value(axis).run()
    assert not test.exception
    assert test.success or "is lost first" in test.warning[0].value
