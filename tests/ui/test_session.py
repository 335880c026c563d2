"""The link: every setting goes into it and comes back; what is bad in it is told and ignored."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.samples import sample_picture
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.models.registry import load_detector
from frcnn_viz.pipeline.settings import FIELD_NAMES, Settings
from frcnn_viz.training.overfit_child import learn
from frcnn_viz.ui import session
from frcnn_viz.ui.subjects import this_image
from frcnn_viz.ui.view import SELECTIONS, View
from tests.training.test_exercise import BOX, SAMPLE, exercise


def script() -> None:
    import streamlit as st

    from frcnn_viz.ui import session, view

    session.arrive("overview")
    here = session.current()
    st.session_state["here"] = here
    for sentence in view.told():
        st.warning(sentence)


def run(link: dict[str, str]) -> AppTest:
    test = AppTest.from_function(script, default_timeout=60)
    test.query_params.update(link)
    return test.run()


@pytest.fixture(scope="module")
def defaults() -> Settings:
    return Settings.of(load_detector().model)


@pytest.fixture(scope="module")
def changed(defaults: Settings) -> Settings:
    """Different from the model's own in every field, and good only as a whole."""
    return Settings(
        min_size=defaults.max_size + 100,
        max_size=defaults.max_size + 300,
        anchor_sizes=((7.5, 9.0),) * len(defaults.anchor_sizes),
        aspect_ratios=((0.3, 3.0),) * len(defaults.aspect_ratios),
        rpn_pre_nms_top_n=77,
        rpn_post_nms_top_n=55,
        rpn_nms_thresh=0.123456789,
        rpn_score_thresh=0.01,
        rpn_min_size=3.5,
        box_score_thresh=0.21,
        box_nms_thresh=0.31,
        box_detections_per_img=7,
        rpn_fg_iou_thresh=defaults.rpn_bg_iou_thresh - 0.1,
        rpn_bg_iou_thresh=defaults.rpn_bg_iou_thresh - 0.2,
        rpn_batch_size_per_image=33,
        rpn_positive_fraction=0.125,
        rpn_pre_nms_top_n_train=88,
        rpn_post_nms_top_n_train=66,
        box_fg_iou_thresh=0.4,
        box_bg_iou_thresh=0.35,
        box_batch_size_per_image=44,
        box_positive_fraction=0.375,
        seed=12,
    )


def test_every_setting_comes_back_from_the_link(defaults: Settings, changed: Settings) -> None:
    link = changed.changes(defaults)
    assert tuple(link) == FIELD_NAMES
    test = run(link)
    assert [one.value for one in test.warning] == []
    assert test.session_state["here"].settings == changed
    assert dict(test.session_state["view"].changes) == link


def test_a_link_in_any_order_is_the_same(defaults: Settings, changed: Settings) -> None:
    link = dict(reversed(changed.changes(defaults).items()))
    assert run(link).session_state["here"].settings == changed


def test_settings_of_the_model_are_not_written(defaults: Settings) -> None:
    test = run({})
    assert test.session_state["here"].settings == defaults
    assert set(test.session_state["view"].link()) == {"model", "image"}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("box_score_thresh", "nan", "must lie between"),
        ("box_nms_thresh", "-1", "must lie between"),
        ("seed", "1.5", "write a whole number"),
        ("anchor_sizes", "8|16", "has 2 levels"),
        ("aspect_ratios", "wide", "write numbers"),
        ("min_size", "8000", "must lie between"),
    ],
)
def test_a_bad_value_is_told_once_and_the_good_ones_kept(name: str, text: str, words: str, defaults: Settings) -> None:
    test = run({name: text, "rpn_nms_thresh": "0.25"})
    (warning,) = test.warning
    assert words in warning.value
    assert test.session_state["here"].settings == replace(defaults, rpn_nms_thresh=0.25)
    assert name not in test.session_state["view"].link()
    assert not test.run().warning


@pytest.mark.parametrize("text", ["²", "-1", "x", "", "1e3"])
def test_a_bad_selection_is_ignored(text: str) -> None:
    test = run({"proposal": text})
    assert not test.exception
    assert test.session_state["view"].selected == ()


def test_unknown_words_leave_the_link() -> None:
    assert "utm_source" not in run({"utm_source": "mail"}).session_state["view"].link()


ABSURD = ["9" * 400, "9" * 5_000, "x" * 10_000, "8|" * 5_000, "inf", "-inf", "nan", "1e999", "1e-999", "1_0", "-0"]
ABSURD += ["\u0968\u0966", "\u00b2", "", " ", "\0", "|", "_", "True", "1,5", "![](http://evil.example)", "../../etc"]


@pytest.mark.parametrize("seed", range(12))
def test_any_link_opens_and_what_is_bad_in_it_is_told(seed: int) -> None:
    draw = random.Random(seed)
    names = [*FIELD_NAMES, *SELECTIONS, "model", "image", "device", "weights", "other"]
    link = {name: draw.choice(ABSURD) for name in draw.sample(names, draw.randint(1, len(names)))}
    test = run(link)
    assert not test.exception
    told = [warning.value for warning in test.warning]
    assert all(len(sentence) < 300 for sentence in told)
    bad = [name for name in ("model", "device", "image") if name in link]
    assert len(told) >= len(bad)


def test_an_exercise_has_its_own_ground_truth_on_its_own_picture(workspace: Path) -> None:
    """Of a picture of the workspace too, whose own objects stay as they are."""
    file = io.BytesIO()
    sample_picture(SAMPLE)[0].image.save(file, "PNG")
    key, _ = Workspace(workspace).add(file.getvalue(), "mine.png", [Object((1.0, 2.0, 30.0, 40.0), "house")])
    next(learn(exercise()))
    for image in (SAMPLE, key):
        here = session.of(View(image=image, model="run:street-by-heart-1@0"))
        assert here.is_exercise
        assert here.ground_truth.names == ("lorry",)
        assert this_image(here).truth.boxes_in_image.tolist() == [list(BOX)]
    own = session.of(View(image=key, model="street-c4"))
    assert not own.is_exercise
    assert this_image(own).truth.names == own.ground_truth.names == ("house",)
    elsewhere = session.of(View(image="crowd", model="run:street-by-heart-1@0"))
    assert not elsewhere.is_exercise
    assert "lorry" not in elsewhere.ground_truth.names
