"""Every page, run alone on its own defaults, with changed settings, and with nothing to show."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from frcnn_viz.data.annotations import Object
from frcnn_viz.models.registry import EMBEDDED
from frcnn_viz.paths import ROOT
from frcnn_viz.ui import library
from frcnn_viz.ui.frame.pages import PAGES
from frcnn_viz.words import word
from tests.pages.opening import EVERYWHERE, as_read, tabs_of

CASES: dict[str, dict[str, str]] = {
    "defaults": {},
    "one map": {"model": "street-c4"},
    "nothing found": {"box_score_thresh": "1.0"},
    "nothing proposed": {"rpn_score_thresh": "1.0"},
    "other sizes": {"min_size": "120", "anchor_sizes": "8|16|32|64|128", "rpn_nms_thresh": "0.5"},
    "selected": {"cell": "3", "anchor": "40", "candidate": "5", "proposal": "2", "detection": "7"},
    "selected out of reach": dict.fromkeys(("cell", "anchor", "candidate", "proposal", "detection"), "999999999"),
}
SHAPES = {"anchors.tab": "shapes"}
NAMED_BY_DATA = {"", "street", "cells"}
"""Columns of the experiment that comes with the program: its sets."""
WIDGETS = ("metric", "slider", "selectbox", "toggle", "checkbox", "number_input", "text_input", "multiselect")


def changes(test: AppTest) -> dict[str, str]:
    return dict(test.session_state["view"].changes)


def open_page(name: str, link: dict[str, str]) -> AppTest:
    test = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=120)
    test.query_params.update(link)
    return test.run()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", PAGES)
def test_page_opens_on_every_tab(name: str, case: str) -> None:
    test = open_page(name, CASES[case])
    key = f"option_{name}.tab"
    tabs = [*tabs_of(name), *EVERYWHERE]
    offered = [tab for tab in tabs if word(f"tab.{tab}").term in test.button_group(key=key).options]
    assert [word(f"tab.{tab}").term for tab in offered] == test.button_group(key=key).options
    for tab in offered if case in ("defaults", "selected") else tabs_of(name):
        test.button_group(key=key).set_value(tab).run()
        assert not test.exception, tab
        assert not test.error, tab
        assert test.title[0].value == word(f"page.{name}").term
        assert test.button_group(key=key).value == tab
        assert all(tells.alt.strip() for tells in pictures(test)), tab
        assert unexplained(test) <= NAMED_BY_DATA, tab
        assert [label for label, count in Counter(controls(test)).items() if count > 1] == [], tab


@pytest.mark.parametrize(("name", "follows"), [("detections", True), ("probe", False), ("input", False)])
def test_the_next_picture_is_expected_where_the_one_in_view_is_shown_and_nothing_is_drawn(
    name: str, follows: bool
) -> None:
    (scene,) = open_page(name, {}).session_state["kept_canvases"].values()
    assert scene.follows is follows


def controls(test: AppTest) -> list[tuple[str, str]]:
    """Kind and label of what can be set: who hears the page knows each by them."""
    return [(kind, one.proto.label) for kind in WIDGETS[1:] for one in test.get(kind)]


def unexplained(test: AppTest) -> set[str]:
    """Labels of numbers and controls, and headers of tables, that say nothing on hover."""
    labels = {one.proto.label for kind in WIDGETS for one in test.get(kind) if not one.proto.help}
    for table in test.dataframe:
        told = json.loads(table.proto.columns or "{}")
        labels |= {name for name in table.value.columns if not told.get(name, {}).get("help")}
    return labels


def pictures(test: AppTest) -> list[Any]:
    """Pictures and charts, as they are sent: `alt` is what they are to who cannot see them."""
    return [one for shown in test.get("image") for one in shown.proto.imgs] + [
        chart.proto for chart in test.get("plotly_chart")
    ]


@pytest.mark.parametrize("name", PAGES)
def test_page_shows_an_uploaded_single_pixel(name: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (1, 1)).save(buffer, "PNG")
    key, _ = library.workspace().add(buffer.getvalue(), "speck.png")
    test = open_page(name, {"image": key})
    assert not test.exception
    assert not test.error


@pytest.mark.parametrize("size", [(20_000, 1), (1, 20_000)])
@pytest.mark.parametrize("name", PAGES)
def test_a_picture_too_thin_is_shown_or_told(name: str, size: tuple[int, int]) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, "PNG")
    key, _ = library.workspace().add(buffer.getvalue(), "thin.png", [Object((0, 0, *size), "car")])
    test = open_page(name, {"image": key})
    assert not test.exception
    assert len(test.error) <= 1
    for error in test.error:
        assert error.value.startswith(f"the picture of {size[0]:,} x {size[1]:,} pixels is too thin for this detector")


def test_anchors_that_do_not_fit_the_head_are_shown_but_not_run() -> None:
    link = {"anchor_sizes": "8_12|16|32|64|128"}
    assert not open_page("anchors", link).error
    (error,) = open_page("proposals", link).error
    assert "level 0 has 6 anchors per cell, but this model's RPN head scores 3" in error.value


def test_a_slider_changes_the_settings_and_the_link() -> None:
    test = open_page("input", {})
    test.slider(key="slider_min_size").set_value(200).run()
    assert changes(test) == {"min_size": "200"}
    assert test.session_state["view"].link()["min_size"] == "200"


@pytest.mark.parametrize("text", ["twelve", "8 / 16", "8|16", " "])
def test_a_bad_anchor_size_is_told_and_the_old_one_kept(text: str) -> None:
    test = open_page("anchors", SHAPES)
    test.text_input(key="text_anchor_sizes_1").set_value(text).run()
    assert not test.exception
    assert as_read(test.warning[0].value) == f"anchor_sizes of level 1 is {text!r}; write numbers such as 8, 16."
    assert changes(test) == {}


def test_a_good_anchor_size_is_taken() -> None:
    test = open_page("anchors", SHAPES)
    test.text_input(key="text_anchor_sizes_0").set_value("10").run()
    assert changes(test)["anchor_sizes"].startswith("10|24|")


def test_a_ratio_is_changed_by_its_slider() -> None:
    test = open_page("anchors", SHAPES)
    test.slider(key="ratio_1_2").set_value(3.0).run()
    assert not test.exception
    assert changes(test)["aspect_ratios"].startswith("0.5_1_2|0.5_1_3|0.5_1_2|")


def test_redrawing_changes_the_seed() -> None:
    test = open_page("training", {})
    test.button(key="draw_again").click().run()
    assert changes(test) == {"seed": "1"}


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"model": "nothing"}, "The link names the detector 'nothing', which is not here"),
        ({"image": "0" * 64}, "not in this workspace"),
        ({"device": "abacus"}, "The link asks for the device 'abacus', which is not here"),
        ({"rpn_nms_thresh": "2"}, "rpn_nms_thresh is 2.0; it must lie between 0.0 and 1.0."),
        ({"rpn_nms_thresh": "x"}, "rpn_nms_thresh is 'x'; write a number."),
    ],
)
def test_a_bad_link_is_told_and_ignored(link: dict[str, str], words: str) -> None:
    test = open_page("overview", link)
    assert words in test.warning[0].value
    assert not test.exception
    assert test.session_state["view"].model in EMBEDDED


def test_overview_says_it_equals_the_model() -> None:
    assert "differ by exactly 0" in open_page("overview", {}).success[0].value


def test_overview_compares_whatever_training_would_sample() -> None:
    assert open_page("overview", {"seed": "5", "rpn_fg_iou_thresh": "0.6"}).success


def test_the_device_is_part_of_the_link() -> None:
    assert open_page("overview", {"device": "cpu"}).session_state["view"].link()["device"] == "cpu"
    assert "device" not in open_page("overview", {}).session_state["view"].link()


def test_overview_compares_with_torchvision_at_the_same_settings() -> None:
    test = open_page("overview", {"box_score_thresh": "0.5", "rpn_nms_thresh": "0.6", "min_size": "200"})
    assert test.success[0].value.startswith("Equal to `model(image)` with these settings")
