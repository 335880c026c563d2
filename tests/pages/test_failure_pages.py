"""Why missed, waterfall, NMS court."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.analysis.nms import RPN
from frcnn_viz.paths import ROOT
from frcnn_viz.ui import survey


def open_page(name: str, **link: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=120)
    test.query_params.update(link)
    test.run()
    assert not test.exception
    return test


def heading(test: AppTest) -> str:
    (found,) = [markdown.value for markdown in test.markdown if markdown.value.startswith("### Object")]
    return found


def test_the_first_missed_object_is_shown_with_its_sentence() -> None:
    test = open_page("autopsy", model="street-c4", image="tiny-birds")
    assert "bird" in heading(test)
    assert not heading(test).endswith("found")
    assert test.warning[0].value.endswith(".")


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


def test_the_waterfall_of_the_samples_names_what_loses_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_DONE", {})
    test = open_page("waterfall", model="street-c4")
    key = next(
        control.key
        for control in test.button_group
        if control.key.startswith("waterfall_") and control.key[-1].isdigit()
    )
    test.button_group(key=key).set_value("the sample scenes").run()
    assert not test.exception
    assert len(survey._DONE) == 12
    assert "loses most" in " ".join(markdown.value for markdown in test.markdown)


@pytest.mark.parametrize("stage", ["final", RPN])
def test_the_court_steps_through_nms(stage: str) -> None:
    test = open_page("court", image="crowd")
    if stage == RPN:
        test.button_group(key="court_stage").set_value(RPN).run()
    slider = next(slider for slider in test.slider if slider.key.startswith("court_step"))
    slider.set_value(3).run()
    assert not test.exception
    assert any(caption.value.startswith("Step 3 of") for caption in test.caption)


def test_the_metrics_of_the_samples_and_another_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_DONE", {})
    test = open_page("metrics", model="street-c4")
    control = next(c for c in test.button_group if c.key.startswith("metrics_"))
    control.set_value("the sample scenes").run()
    assert not test.exception
    figures = {metric.label: metric.value for metric in test.metric}
    assert float(figures["AP50"]) > float(figures["AP"]) > 0
    (choice,) = [box for box in test.selectbox if box.label == "Compare with"]
    choice.set_value("Street scenes, FPN, its own settings").run()
    assert not test.exception
    assert "objects are found here and not there" in " ".join(markdown.value for markdown in test.markdown)


@pytest.mark.parametrize("axis", ["shift", "image size"])
def test_stress_tells_what_breaks_first(axis: str) -> None:
    test = open_page("stress", image="football", object="1")
    test.button_group(key="stress_axis").set_value(axis).run()
    assert not test.exception
    assert test.success or "is lost first" in test.warning[0].value
