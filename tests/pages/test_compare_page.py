"""A pinned view beside the present one: pinning, what differs, the set, the link, and what is gone."""

from __future__ import annotations

import io
from collections import OrderedDict
from pathlib import Path
from urllib.parse import urlencode

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.samples import sample_picture
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.ui import library, session, survey
from frcnn_viz.ui.frame import desk
from frcnn_viz.ui.view import View
from tests.pages.opening import open_page, seen

NOW = {"model": "street-fpn", "image": "night"}
KINDS = ("the same", "moved", "rescored", "only in A", "only in B")


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty workspace, in which nothing was examined."""
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(survey, "_DONE", OrderedDict())


def pinned(**link: str) -> str:
    return urlencode({"page": "detections", **NOW, **link})


def counts(test: AppTest) -> tuple[int, ...]:
    found = {metric.label: int(metric.value) for metric in test.metric}
    return tuple(found[kind] for kind in KINDS)


def told(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.caption, *test.markdown, *test.info, *test.error])


def test_a_lower_score_threshold_only_adds() -> None:
    test = open_page("compare", **NOW, pinned=pinned(box_score_thresh="0.5"))
    same, moved, rescored, only_a, only_b = counts(test)
    assert (moved, rescored, only_a) == (0, 0, 0)
    assert same > 0
    assert only_b > 0
    assert "Score threshold: 0.5 \N{RIGHTWARDS ARROW} 0.05" in told(test)


def test_another_size_moves_what_is_found() -> None:
    test = open_page("compare", **NOW, pinned=pinned(min_size="200"))
    same, moved, *_ = counts(test)
    assert same == 0
    assert moved > 0


def test_another_detector_is_compared_by_the_names_of_its_classes() -> None:
    test = open_page("compare", **NOW, pinned=pinned(model="street-c4", box_score_thresh="0.5"))
    assert counts(test)[1] > 0
    assert "Street scenes, one map (the paper's form) \N{RIGHTWARDS ARROW} Street scenes, FPN" in told(test)


@pytest.mark.parametrize("side", ["a", "b"])
def test_the_chosen_detection_is_told_on_whichever_side_it_was_clicked(side: str) -> None:
    then = pinned(box_score_thresh="0.9", min_size="260")
    of = session.of(View.of_text(then if side == "a" else pinned()))
    best = int(of.trace.detections.kept[0])
    name = of.detector.classes[int(of.trace.detections.labels[0])]
    chosen = {"compare.chosen": f"{side}{best}"}
    said = told(open_page("compare", **NOW, **chosen, pinned=then))
    assert f"**{name}**: moved, score in A 0.9" in said
    assert "Click a detection" not in said
    for other in (f"{side}99999999", "a", "x", "b-1"):
        assert "Click a detection" in told(open_page("compare", **NOW, pinned=then, **{"compare.chosen": other}))


def test_of_two_pictures_no_differences_are_told() -> None:
    test = open_page("compare", **NOW, pinned=pinned(image="football"))
    assert not test.metric
    assert "The pictures differ" in told(test)
    assert "picture: football.png \N{RIGHTWARDS ARROW} night.png" in told(test)
    assert "The pictures differ" in told(open_page("compare/differences", **NOW, pinned=pinned(image="football")))


def test_the_table_has_a_line_for_each_that_is_counted() -> None:
    link = {**NOW, "min_size": "260", "pinned": pinned()}
    (table,) = [frame.value for frame in open_page("compare/differences", **link).dataframe]
    assert tuple((table["difference"] == kind).sum() for kind in KINDS) == counts(open_page("compare", **link))


def test_pin_change_swap_unpin() -> None:
    test = open_page("compare", **NOW, box_score_thresh="0.3")
    assert "Nothing is pinned yet" in told(test)
    test.button(key="compare.pin").click().run()
    same, *others = counts(test)
    assert same > 0
    assert not any(others)
    assert "Nothing differs yet" in told(test)
    test.slider(key="slider_box_score_thresh").set_value(0.8).run()
    assert counts(test)[3] > 0
    before = counts(test)
    test.button(key="swap").click().run()
    assert counts(test) == (*before[:3], before[4], before[3])
    assert dict(seen(test).changes) == {"box_score_thresh": "0.3"}
    test.button(key="swap").click().run()
    assert counts(test) == before
    test.button(key="unpin").click().run()
    assert not test.exception
    assert seen(test).pinned == ""
    assert "Nothing is pinned yet" in told(test)


@pytest.mark.parametrize(
    ("button", "differs"),
    [
        ("compare.own", "Score threshold: 0.05 \N{RIGHTWARDS ARROW} 0.3"),
        ("compare.other", "detector: Street scenes, one map"),
        ("compare.random", "detector: Street scenes, FPN, random weights"),
    ],
)
def test_one_click_makes_a_comparison(button: str, differs: str) -> None:
    test = open_page("compare", **NOW, box_score_thresh="0.3")
    test.button(key=button).click().run()
    assert not test.exception
    assert differs in told(test)
    assert dict(seen(test).changes) == {"box_score_thresh": "0.3"}


def test_what_is_offered_depends_on_the_view() -> None:
    keys = {button.key for button in open_page("compare", **NOW, weights="random").button}
    assert "compare.trained" in keys
    assert not {"compare.random", "compare.own"} & keys


def test_a_link_holds_a_comparison() -> None:
    test = open_page("compare", **NOW, box_score_thresh="0.3")
    test.button(key="compare.own").click().run()
    test.slider(key="slider_box_nms_thresh").set_value(0.8).run()
    again = open_page("compare", **seen(test).link())
    assert seen(again) == seen(test)
    assert counts(again) == counts(test)
    assert told(again) == told(test)


@pytest.mark.parametrize("tab", ["picture", "differences", "over_set"])
@pytest.mark.parametrize(
    ("link", "words"),
    [
        (pinned(model="nothing"), "there is no detector 'nothing'"),
        (pinned(image="0" * 64), "no longer"),
        (pinned(image="../../etc/passwd"), ""),
        (pinned(box_nms_thresh="2"), "box_nms_thresh is 2.0; it must lie between"),
        (pinned(anchor_sizes="8_12|16|32|64|128"), "level 0 has 6 anchors per cell"),
        ("![](http://evil.example)", ""),
    ],
)
def test_what_is_pinned_and_gone_is_one_sentence_and_unpinned(tab: str, link: str, words: str) -> None:
    test = open_page(f"compare/{tab}", **NOW, pinned=link)
    (error,) = test.error
    assert error.value.startswith("The pinned view cannot be shown: ")
    assert words in error.value
    assert ("B, now" in told(test)) == (tab == "picture")
    test.button(key="unpin").click().run()
    assert not test.exception
    assert not test.error


def test_both_over_the_samples() -> None:
    test = open_page("compare/over_set", **NOW, set="samples", pinned=pinned(box_score_thresh="0.9"))
    assert "No image is examined by both views yet." in told(test)
    test.button(key="compare_run").click().run()
    assert not test.exception
    (table,) = [frame.value for frame in test.dataframe]
    rows = {row["figure"]: row for row in table.to_dict("records")}
    number = {(name, side): int(rows[name][side].replace(",", "")) for name in list(rows)[:8] for side in "AB"}
    for side in "AB":
        kinds = sum(number[name, side] for name in list(rows)[3:8])
        assert kinds == number["false alarms", side]
    gained = number["objects found", "B"] - number["objects found", "A"]
    assert gained > 0
    assert number["objects missed", "A"] - number["objects missed", "B"] == gained
    assert float(rows["AP"]["B"]) > float(rows["AP"]["A"]) > 0
    only_a, only_b = (int(m.value.rpartition(" ")[2]) for m in test.markdown if "misses**" in m.value)
    assert only_b - only_a == gained


def test_one_image_of_the_set_is_examined_at_once() -> None:
    item, _ = library.workspace().add(_png(), "mine.png", [Object((10, 10, 60, 60), "car")])
    test = open_page("compare/over_set", model="street-fpn", image=item, pinned=pinned(min_size="200"))
    (table,) = [frame.value for frame in test.dataframe]
    assert {int(table["A"][0]) + int(table["A"][1]), int(table["B"][0]) + int(table["B"][1])} == {1}


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(to_uint8(sample_picture("night")[0].pixels)).save(buffer, "PNG")
    return buffer.getvalue()


def at_the_desk() -> None:
    import streamlit as st

    from frcnn_viz.ui import session, view
    from frcnn_viz.ui.frame import desk
    from frcnn_viz.ui.frame.address import pin_words

    session.arrive("detections")
    st.button("p", key="p", on_click=desk.pin_or_compare)
    st.text(pin_words()[0])
    st.text(view.going_to() or "")


def test_the_key_pins_and_then_compares() -> None:
    test = AppTest.from_function(at_the_desk, default_timeout=60)
    test.query_params.update({**NOW, "box_score_thresh": "0.3", "detection": "5"})
    test.run()
    assert [text.value for text in test.text] == ["Pin", ""]
    before = seen(test)
    test.button(key="p").click().run()
    assert [text.value for text in test.text] == ["Compare", ""]
    assert View.of_text(seen(test).pinned) == before
    test.button(key="p").click().run()
    assert [text.value for text in test.text] == ["Compare", "compare"]
    assert desk.KEYS["p"][0] == "pin"
