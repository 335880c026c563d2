"""Sampling and losses: whom an anchor is for, what is drawn, and what a step would make smaller."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.ui import library, session
from tests.pages.opening import open_page
from tests.pictures import picture

CAR, CAT = Object((10, 10, 90, 60), "car"), Object((20, 30, 100, 110), "cat")
TABS = {name: {"training.tab": name} for name in ("sampling", "losses", "labels", "other_losses")}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "workspace"))
    return library.workspace()


def add(workspace: Workspace, seed: int, *objects: Object) -> str:
    workspace.add_classes(one.label for one in objects)
    return workspace.add(picture(seed, 160, 120), f"{seed}.png", objects)[0]


def table_with(test: AppTest, column: str) -> object:
    """The one table that has such a column."""
    (table,) = [frame.value for frame in test.dataframe if column in frame.value.columns]
    return table


@pytest.mark.parametrize("model", ["street-fpn", "street-c4"])
def test_an_object_shows_its_anchors_and_an_anchor_its_target(model: str) -> None:
    ranked = table_with(open_page("training", model=model, object="0"), "anchor")
    assert ranked["IoU"].tolist() == sorted(ranked["IoU"], reverse=True)
    best = int(ranked["anchor"][0])
    deltas = table_with(open_page("training", model=model, object="0", anchor=str(best)), "target")
    assert deltas["delta"].tolist() == ["tx", "ty", "tw", "th"]
    test = open_page("training", model=model, anchor="0")
    assert "It is not positive" in " ".join(caption.value for caption in test.caption)


def test_the_numbers_drawn_are_those_of_the_mini_batch() -> None:
    test = open_page("training", rpn_batch_size_per_image="40")
    here = session.of(test.session_state["view"])
    sample = here.trace.sample(here.trace.match(here.ground_truth.counted.boxes_in_image))
    drawn = [metric.value.split(" of ")[0] for metric in test.metric]
    assert drawn == [f"{len(sample.positive):,}", f"{len(sample.negative):,}"]
    assert sum(map(int, drawn)) == 40


def test_snapped_ground_truth_is_matched_instead() -> None:
    before = table_with(open_page("training", **TABS["labels"]), "best IoU")["best IoU"].tolist()
    test = open_page("training")
    test.toggle(key="option_training.snap").set_value(True).run()
    assert not test.exception
    link = test.session_state["view"].link()
    assert link["training.snap"] == "1"
    after = table_with(open_page("training", **{**link, **TABS["labels"]}), "best IoU")["best IoU"].tolist()
    assert after != before


def test_anchors_that_cross_the_border_are_left_out_when_asked() -> None:
    test = open_page("training", anchor="0")
    test.toggle(key="option_training.inside").set_value(True).run()
    assert not test.exception
    assert "Left out: it crosses the border of the picture." in [m.value for m in test.markdown]


@pytest.mark.parametrize("tab", ["sampling", "losses"])
def test_drawing_again_changes_the_seed(tab: str) -> None:
    test = open_page("training", **TABS[tab])
    test.button(key="draw_again").click().run()
    assert session.of(test.session_state["view"]).settings.seed == 1


def test_losses_of_unknown_classes_come_from_a_new_head_unless_told_otherwise(workspace: Workspace) -> None:
    key = add(workspace, 1, CAR, CAT)
    test = open_page("training", image=key, **TABS["losses"])
    assert "The head for car, cat is untrained" in test.warning[0].value
    four = [float(metric.value) for metric in test.metric[:5]]
    assert four[4] == pytest.approx(sum(four[:4]), abs=3e-4)
    test.button_group(key="option_training.head").set_value("own").run()
    assert not test.exception
    assert "1 objects are of classes" in test.warning[0].value


def test_the_code_is_that_of_the_losses() -> None:
    code = open_page("training", **{"training.tab": "code"}).code[0].value
    assert "street-fpn" in code
    assert "losses = {**head_losses, **rpn_losses}" in code


def test_crowds_and_difficult_objects_are_no_targets_and_every_tab_says_so(workspace: Workspace) -> None:
    odd = [Object((5, 5, 150, 110), "car", crowd=True), Object((40, 40, 60, 70), "person", difficult=True)]
    key, plain = add(workspace, 1, odd[0], CAR, odd[1]), add(workspace, 1, CAR)
    told = "1 crowd and 1 difficult object are left out: no anchor is to find them, and in training those on them are "
    for tab in ("sampling", "losses", "other_losses"):
        test = open_page("training", image=key, **TABS[tab])
        assert [caption.value for caption in test.caption].count(told + "negatives.") == 1
        alone = open_page("training", image=plain, **TABS[tab])
        assert [metric.value for metric in test.metric] == [metric.value for metric in alone.metric]
    lab = open_page("lab", image=key)
    assert [caption.value for caption in lab.caption].count(told + "negatives.") == 1
    assert table_with(lab, "label")["object"].tolist() == [1]
    assert table_with(open_page("training", image=key, **TABS["labels"]), "best IoU")["object"].tolist() == [1]
    assert "no target" in open_page("training", image=key, object="0").info[0].value
    assert (
        "this object" in table_with(open_page("training", image=key, object="1"), "matched to")["matched to"].tolist()
    )


@pytest.mark.parametrize("tab", list(TABS))
def test_without_ground_truth_the_way_to_it_is_shown(workspace: Workspace, tab: str) -> None:
    empty, drawn = add(workspace, 2), add(workspace, 3, CAR)
    test = open_page("training", image=empty, **TABS[tab])
    assert "Nothing is drawn on this picture yet" in test.info[0].value
    assert not test.metric
    test.button(key="choose_drawn").click().run()
    assert test.session_state["view"].image == drawn
    assert not test.info


def test_the_lab_works_on_a_set_where_the_picture_has_nothing(workspace: Workspace) -> None:
    empty = add(workspace, 2)
    add(workspace, 3, CAR)
    assert open_page("lab", image=empty).button(key="draw_now")
    for tab in ("whole_set", "search"):
        test = open_page("lab", image=empty, set="yours", **{"lab.tab": tab})
        assert not test.info
        assert not test.error


def test_without_a_picture_that_has_objects_a_sample_is_chosen(workspace: Workspace) -> None:
    test = open_page("training", image=add(workspace, 2))
    test.button(key="choose_drawn").click().run()
    assert test.session_state["view"].image == "first-street"
    assert test.metric


def test_the_editor_is_opened_at_its_tab(workspace: Workspace) -> None:
    test = open_page("training", image=add(workspace, 2))
    test.button(key="draw_now").click().run()
    assert test.exception  # a page alone has no other to go to
    assert test.session_state["view"].link()["images.tab"] == "draw"
