"""The exercise of one picture: boxes drawn for it alone, a process that learns them, and what it found."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.data.annotations import Object
from frcnn_viz.training.store import RunFolder, all_runs
from frcnn_viz.ui.panes.draft import Draft
from tests.pages.opening import open_page, seen
from tests.training.small import wait

pytestmark = pytest.mark.usefixtures("workspace")

PLACE = {"image": "first-street"}


def kept(test: AppTest) -> dict:
    return test.session_state["kept_overfit"]


def told(test: AppTest) -> str:
    return " ".join(element.value for kind in ("info", "success", "caption") for element in test.get(kind))


def words(test: AppTest) -> str:
    return " ".join(element.value for element in test.markdown)


def test_a_box_is_learnt_and_every_look_at_it_is_kept() -> None:
    test = open_page("train", **PLACE)
    draft: Draft = test.session_state["kept_overfit_drafts"]["first-street"]
    assert len(draft.objects) == 9
    draft.replace((Object(draft.objects[0].box, "lorry"),))
    test.run()
    assert "1 box of 1 class." in told(test)
    test.button(key="overfit_train").click().run()
    assert not test.exception
    training = kept(test)["training"]
    assert training.run.classes == ("lorry",)
    training.child.wait(100)
    test.run()
    assert not test.exception
    assert not test.error
    assert "The object is found after" in told(test)
    (table,) = [frame.value for frame in test.dataframe if "found" in frame.value.columns]
    assert table["found"].tolist() == [True]
    steps = test.select_slider(key="overfit_step")
    steps.set_value(0).run()
    assert not test.exception
    (table,) = [frame.value for frame in test.dataframe if "found" in frame.value.columns]
    assert table["found"].tolist() == [False]
    test.button(key="overfit_open_autopsy").click().run()
    assert seen(test).model == "run:first-street-by-heart-1@0"
    last = open_page("autopsy", **PLACE, model="run:first-street-by-heart-1")
    assert "**0 of 1 objects missed**" in words(last)
    assert "Object 0: lorry, found" in words(last)
    assert " of 1 objects missed**" not in words(open_page("autopsy", image="crowd", model=seen(last).model))


def test_a_new_exercise_begins_with_what_the_old_one_began_with() -> None:
    test = open_page("train", **PLACE)
    box = (100.0, 100.0, 300.0, 300.0)
    test.session_state["kept_overfit_drafts"]["first-street"].replace((Object(box, "lorry"),))
    test.button(key="overfit_train").click().run()
    training = kept(test)["training"]
    wait(lambda: training.child.reports)
    test.button(key="overfit_stop").click().run()
    folder = RunFolder("first-street-by-heart-1")
    assert max(folder.steps) == training.child.reports[-1].step
    assert not folder.is_alive
    test.button(key="overfit_open_proposals").click().run()
    again = open_page("train", **seen(test).link())
    (item,) = again.session_state["kept_overfit_drafts"]["first-street"].objects
    assert (item.box, item.label) == (box, "lorry")
    again.button(key="overfit_train").click().run()
    training = kept(again)["training"]
    wait(lambda: training.child.reports)
    again.button(key="overfit_again").click().run()
    assert "training" not in kept(again)
    assert again.button(key="overfit_train")
    (folder,) = all_runs()
    assert (folder.name, folder.run.detector.base) == ("first-street-by-heart-2", "street-fpn")
    assert seen(again).model == "street-fpn"
    shown = open_page("train/runs")
    (bar,) = shown.get("progress")
    assert "it does not go on" in bar.proto.text
    assert [button.key for button in shown.button if button.key.startswith("runs_")] == ["runs_remove"]


def test_it_can_be_stopped_and_nothing_is_left_of_it() -> None:
    test = open_page("train", **PLACE)
    test.button(key="overfit_train").click().run()
    child = kept(test)["training"].child
    test.button(key="overfit_stop").click().run()
    assert not test.exception
    assert not child.is_running
    assert child.failure == ""
    assert not test.error


def test_without_boxes_there_is_nothing_to_train() -> None:
    test = open_page("train", **PLACE)
    test.button(key="overfit_clear").click().run()
    assert test.button(key="overfit_train").disabled
    test.button(key="overfit_truth").click().run()
    assert not test.button(key="overfit_train").disabled


@pytest.mark.parametrize("model", ["maskrcnn_resnet50_fpn"])
def test_a_detector_that_cannot_learn_so_is_told(model: str) -> None:
    test = open_page("train", **PLACE, model=model, weights="random")
    test.button(key="overfit_train").click().run()
    kept(test)["training"].child.wait(100)
    test.run()
    assert "is no plain Faster R-CNN" in test.error[0].value


def test_a_refit_is_shown_beside_its_control() -> None:
    test = open_page("lab/refit", model="street-c4", anchor_sizes="48_128_320", set="cells")
    test.button(key="lab_refit").click().run()
    assert not test.exception
    (child,) = test.session_state["kept_refit"].values()
    child.wait(100)
    test.run()
    assert not test.exception
    assert not test.error
    (table,) = [frame.value for frame in test.dataframe if "AP" in frame.value.columns]
    assert len(table) == 4
    own, old, refitted, control = table.iloc[:, 1].tolist()
    assert old < refitted
    assert own < control
    assert "The features of 24 pictures are kept." in told(test)


def test_one_picture_is_too_few_for_a_refit() -> None:
    test = open_page("lab/refit", set="this")
    assert test.button(key="lab_refit").disabled
    assert "It needs two pictures" in told(test)


def test_a_refit_can_be_cancelled() -> None:
    test = open_page("lab/refit", set="samples")
    test.button(key="lab_refit").click().run()
    (child,) = test.session_state["kept_refit"].values()
    test.button(key="lab_refit_stop").click().run()
    assert not test.exception
    assert not child.is_running
    assert not test.error
