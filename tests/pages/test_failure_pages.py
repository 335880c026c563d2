"""Why missed with its tabs, NMS court, probe and metrics."""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.samples import sample_picture, samples_of
from frcnn_viz.models.registry import EMBEDDED
from frcnn_viz.ui import library, survey
from frcnn_viz.ui.view import FIRST_IMAGE, View
from tests.pages.opening import open_page, seen


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty workspace, in which nothing was examined."""
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(survey, "_DONE", OrderedDict())


def examine_all(test: AppTest, name: str) -> None:
    """All images of the set, when asked."""
    test.button(key=f"{name}_run").click().run()
    assert not test.exception


def heading(test: AppTest) -> str:
    (found,) = [markdown.value for markdown in test.markdown if markdown.value.startswith("##### Object")]
    return found


def words(test: AppTest) -> str:
    return " ".join(element.value for element in [*test.markdown, *test.caption])


@pytest.mark.parametrize("model", EMBEDDED)
def test_without_a_picture_it_opens_on_one_where_something_is_missed(model: str) -> None:
    test = open_page("autopsy", model=model)
    assert not heading(test).endswith("found")
    assert seen(test).image == FIRST_IMAGE["autopsy"]
    assert seen(open_page("court")).image == View.image


def test_the_first_missed_object_is_shown_with_its_sentence() -> None:
    test = open_page("autopsy", model="street-c4", image="tiny-birds")
    assert "bird" in heading(test)
    assert not heading(test).endswith("found")
    assert test.warning[0].value.endswith(".")


def test_where_nothing_is_missed_a_button_leads_to_a_miss() -> None:
    test = open_page("autopsy", image="first-street")
    assert test.success[0].value == "Nothing is missed on this picture."
    test.button(key="find_a_miss").click().run()
    assert not test.exception
    assert seen(test).image == "night"  # the first of the samples with a miss
    assert "find_a_miss" not in {button.key for button in test.button}
    looked = len(survey._DONE)
    assert looked == 3  # no more than were needed
    test = open_page("autopsy", image="first-street")
    test.button(key="find_a_miss").click().run()
    assert len(survey._DONE) == looked  # what was examined comes first


def test_an_image_with_nothing_drawn_leads_on() -> None:
    drawn, empty = scene_in_workspace({}, scene="night"), scene_in_workspace()
    test = open_page("autopsy", image=empty)
    test.button(key="choose_drawn").click().run()
    assert seen(test).image == drawn
    for of in ("this_picture", "stress"):
        test = open_page(f"autopsy/{of}", image=empty)
        test.button(key="draw_now").click().run()
        assert test.exception  # since a page alone knows of no other to go to
        assert seen(test).link()["images.tab"] == "draw"


def scene_in_workspace(*flags: dict[str, bool], scene: str = "first-street") -> str:
    """A sample scene as an image of the workspace, with as many of its objects as there are flags."""
    image, truth = sample_picture(scene)
    buffer = io.BytesIO()
    image.image.save(buffer, "PNG")
    pairs = zip(truth.boxes_in_image.tolist(), truth.names, flags, strict=False)
    objects = [Object(tuple(box), name, **given) for box, name, given in pairs]
    key, _ = library.workspace().add(buffer.getvalue(), "street.png", objects)
    return key


@pytest.mark.parametrize("name", ["this_picture", "waterfall"])
def test_ignored_objects_are_told_and_not_counted(name: str) -> None:
    test = open_page(f"autopsy/{name}", image=scene_in_workspace({}, {"crowd": True}, {"difficult": True}))
    assert "neither found nor missed: 2; detections on them" in words(test)
    if name == "this_picture":
        assert "of 1 objects missed" in words(test)
        (table,) = [frame.value for frame in test.dataframe if "verdict" in frame.value.columns]
        assert list(table["verdict"]).count("ignored") == 2
    else:
        (table,) = [frame.value for frame in test.dataframe if "group" in frame.value.columns]
        assert (table["objects"] <= 1).all()


def test_false_alarms_of_an_empty_picture_are_counted() -> None:
    key = scene_in_workspace()
    test = open_page("autopsy", image=key)
    assert "0 of 0 objects missed" in words(test)
    assert "0 false alarms" not in words(test)
    assert "nothing drawn on them: 1 of 1" in words(test)
    test = open_page("autopsy/waterfall", image=key, set="yours")
    assert "nothing drawn on them: 1 of 1" in words(test)
    assert not test.success, "where there is nothing to miss, nothing is praised"


def test_a_fix_is_tried_priced_on_the_set_and_applied() -> None:
    scene_in_workspace({}, scene="night")
    link = {"image": scene_in_workspace(*[{}] * 9), "set": "yours"}
    test = open_page("autopsy", **link, box_score_thresh="0.97")
    assert "taken for background" in heading(test) or "under the score threshold" in heading(test)
    object_ = int(heading(test).split()[2].rstrip(":"))
    test.button_group(key="option_autopsy.tab").set_value("fixes").run()
    test.button(key="try_fixes").click().run()
    test.button(key="price").click().run()
    assert not test.exception
    before, after = re.search(r"on all of them: misses (\d+) → (\d+), false alarms \d+ → \d+", words(test)).groups()
    assert int(after) < int(before)
    test.button(key="apply_fix_0").click().run()
    assert float(dict(seen(test).changes)["box_score_thresh"]) < 0.97
    test.button_group(key="option_autopsy.tab").set_value("this_picture").run()
    assert not test.exception
    (table,) = [frame.value for frame in test.dataframe if "verdict" in frame.value.columns]
    assert table.set_index("object").loc[object_, "verdict"] == "found"


def test_the_waterfall_of_the_samples_names_what_loses_most() -> None:
    test = open_page("autopsy/waterfall", model="street-c4", set="samples")
    examine_all(test, "waterfall")
    assert "loses most" in words(test)


def test_what_was_examined_outlives_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    test = open_page("autopsy/waterfall", set="samples")
    examine_all(test, "waterfall")
    told = [markdown.value for markdown in test.markdown]
    monkeypatch.setattr(survey, "_DONE", OrderedDict())  # as in a new process
    monkeypatch.setattr(survey, "examine_image", None)  # which examines nothing again
    again = open_page("autopsy/waterfall", set="samples")
    assert [markdown.value for markdown in again.markdown] == told


def test_one_object_has_one_examination_for_all_pages() -> None:
    open_page("autopsy", image="football")
    held = len(survey._DONE)
    open_page("autopsy/waterfall", image="football")
    open_page("metrics", image="football")
    assert len(survey._DONE) == held == 1


def test_where_nothing_enters_the_court_that_is_told() -> None:
    assert not open_page("court", **{"court.stage": "rpn"}).info
    for tab in ("steps", "all_suppressed"):
        test = open_page(f"court/{tab}", box_score_thresh="1.0")
        assert test.info[0].value.startswith("Nothing enters this NMS")


@pytest.mark.parametrize("stage", ["final", "rpn"])
def test_every_suppressed_box_is_listed_with_its_suppressor(stage: str) -> None:
    test = open_page("court/all_suppressed", image="crowd", **{"court.stage": stage})
    (cases,) = [frame.value for frame in test.dataframe]
    assert (cases["IoU"] >= test.slider[0].value).all()
    assert (cases["score gap"] >= 0).all()
    assert list(cases["score"]) == sorted(cases["score"], reverse=True)


def test_other_kinds_of_nms_keep_other_boxes() -> None:
    (ways,) = [frame.value for frame in open_page("court/other_ways", image="crowd").dataframe]
    kept = dict(zip(ways["NMS"], ways["kept"], strict=True))
    assert kept["class-agnostic"] <= kept["as it is, IoU 0.5"] <= kept["Soft-NMS, sigma 0.5"]


@pytest.mark.parametrize("tab", ["court/other_ways", "lab/trained_head"])
def test_objects_of_classes_the_detector_does_not_know_are_not_found(tab: str) -> None:
    test = open_page(tab, image=next(iter(samples_of("cells"))), model="street-fpn")
    (ways,) = [frame.value for frame in test.dataframe]
    assert set(ways["found"]) == {"0 of 0"}


def test_objects_of_classes_the_detector_does_not_know_are_not_missed() -> None:
    test = open_page("autopsy", image=next(iter(samples_of("cells"))), model="street-fpn")
    assert not test.success
    assert "The detector knows none of the" in words(test)


def test_the_metrics_of_the_samples() -> None:
    test = open_page("metrics", model="street-c4", set="samples")
    examine_all(test, "metrics")
    figures = {metric.label: metric.value for metric in test.metric}
    assert float(figures["AP50"]) > float(figures["AP"]) > 0


def test_a_probe_is_in_the_link_and_of_its_image() -> None:
    image = sample_picture("first-street")[0].sha256[:8]
    ball = {"probe.box": f"{image}_345_370_392_418"}
    assert "**Refined**: ball" in words(open_page("probe", image="first-street", **ball))
    for box in (f"{image}_345_370_392", f"{image}_nan_0_9_9", f"{image}_-1_0_9_9", f"{image}_9_9_1_1", "0" * 8):
        assert words(open_page("probe", image="first-street", **{"probe.box": box})) == words(
            open_page("probe", image="first-street")
        )
    assert words(open_page("probe", image="night", **ball)) == words(open_page("probe", image="night"))


@pytest.mark.parametrize("axis", ["shift", "image size"])
def test_stress_tells_what_breaks_first(axis: str) -> None:
    test = open_page("autopsy/stress", image="football", object="1")
    test.selectbox(key="option_autopsy.axis").set_value(axis).run()
    assert not test.exception
    assert test.success or "no box is left on it after the step" in test.warning[0].value
