"""Why this score, on the pages that have it: the map of the chosen box, and nothing slow unasked."""

from __future__ import annotations

import sys

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz import Settings, load_detector, trace
from frcnn_viz.analysis.attribution import Kind, Target, gradient_times_input
from frcnn_viz.data.samples import sample_picture
from tests.pages.opening import open_page

MODEL, SMALL = "street-c4", {"model": "street-c4", "min_size": "120"}


def metrics(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def buttons(test: AppTest) -> set[str]:
    return {button.key for button in test.button}


@pytest.mark.parametrize(
    ("place", "link", "target"),
    [
        ("rois/why_score", {"proposal": "5", "why.label": "2"}, Target(Kind.LOGIT, 5, 2)),
        ("detections/why_score", {"detection": "20", "why.number": "delta-x"}, Target(Kind.DELTA, 3, 3, 0)),
    ],
)
def test_the_chosen_boxs_number_is_explained(place: str, link: dict[str, str], target: Target) -> None:
    test = open_page(place, image="crowd", **SMALL, **link)
    detector = load_detector(MODEL)
    story = trace(detector, sample_picture("crowd")[0], Settings.of(detector.model).replace(min_size=120))
    found = gradient_times_input(story, target)
    told = metrics(test)
    assert told["The number"] == f"{found.value:.4g}"
    assert told["Raised by"] == f"{found.raised:+.4g}"
    assert told["Lowered by"] == f"{found.lowered:+.4g}"
    assert "Missing" not in told


def test_what_is_slow_waits_for_its_button_and_is_then_kept() -> None:
    link = {"image": "first-street", **SMALL, "why.method": "integrated", "why.number": "objectness"}
    test = open_page("autopsy/why_score", **link)
    assert {"why_integrate", "why_check"} <= buttons(test)
    assert "Missing" not in metrics(test)
    for key in ("why_integrate", "why_check"):
        test.button(key=key).click().run()
        assert not test.exception
    assert float(metrics(test)["Missing"].rstrip("%")) <= 2
    (verdict,) = [one.value for one in [*test.success, *test.warning] if "deleted" in one.value]
    again = open_page("autopsy/why_score", **link)
    assert not {"why_integrate", "why_check"} & buttons(again)
    assert metrics(again) == metrics(test)
    assert verdict in [one.value for one in [*again.success, *again.warning]]


def test_an_object_that_no_proposal_was_on_has_numbers_of_its_anchor_alone() -> None:
    test = open_page("autopsy/why_score", image="first-street", rpn_score_thresh="1.0", **SMALL)
    assert "option_why.label" not in {one.key for one in test.selectbox}
    assert test.selectbox(key="option_why.number").options[0] == "objectness logit"
    assert test.selectbox(key="option_why.number").value == "objectness"


def test_without_captum_the_quick_map_stays_and_a_sentence_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    test = open_page("rois/why_score", image="crowd", **SMALL, **{"why.method": "integrated"})
    assert "Integrated gradients need Captum" in test.info[0].value
    assert "why_integrate" not in buttons(test)
    assert "Raised by" in metrics(test)
