"""The page Video: examined when asked, its gaps, its curves, its files; and the ways on where no clip is in view."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.analysis.flicker import gaps
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.ui import library, session
from frcnn_viz.ui.footage import footage_of, held, trace_of
from frcnn_viz.ui.view import View
from tests.pages.opening import open_page, seen

CLIP = {"image": "clip:crossing@20", "model": "street-fpn"}
TABS = ("film", "flicker", "over_time", "film_out")


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A workspace in which the sample clip is examined."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path_factory.mktemp("video") / "workspace"))
        footage_of(session.of(View(**CLIP))).examine(lambda done, total: None)
        yield


def read(test: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "success", "warning")
    return " ".join(element.value for kind in kinds for element in test.get(kind))


@pytest.mark.parametrize("tab", TABS)
def test_another_picture_leads_to_the_clips(tab: str) -> None:
    test = open_page(f"video/{tab}", image="night")
    assert not test.exception
    assert "no clip's" in test.info[0].value
    test.button(key="to_clip:crossing").click().run()
    assert not test.exception
    assert seen(test).image == "clip:crossing@0"


def test_a_clip_is_examined_when_asked(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path))
    test = open_page("video/flicker", **CLIP)
    assert not test.get("plotly_chart")
    test.button(key="flicker_run").click().run()
    assert not test.exception
    assert len(test.get("plotly_chart")) == 1
    assert [one.key for one in test.button if one.key == "flicker_run"] == []


def lose_frame(monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    """A frame can no longer be had."""

    def picture(key: str) -> LoadedImage:
        if key == lost:
            raise DataError("This frame is gone.")
        return find(key)

    find = library.picture
    monkeypatch.setattr(library, "picture", picture)


def test_a_frame_that_is_gone_is_told_and_leaves_no_bar(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path))
    test = open_page("video/flicker", image="clip:evening@0", model="street-fpn")
    lose_frame(monkeypatch, "clip:evening@1")
    test.button(key="flicker_run").click().run()
    assert [error.value for error in test.error] == ["This frame is gone."]
    assert [one.key for one in test.button if one.key == "flicker_stop"] == []


@pytest.mark.usefixtures("examined")
class TestExamined:
    @pytest.mark.parametrize(("tab", "charts"), [("film", 0), ("flicker", 1), ("over_time", 4), ("film_out", 0)])
    def test_its_tabs_need_no_button(self, tab: str, charts: int) -> None:
        test = open_page(f"video/{tab}", **CLIP)
        assert not test.error
        assert len(test.get("plotly_chart")) == charts
        assert [one.key for one in test.button if one.key.endswith("_run")] == []

    def test_the_film_tells_what_is_in_the_frame(self) -> None:
        study = held(session.of(View(**CLIP)))
        record = study.records[20]
        test = open_page("video/film", **CLIP)
        found = sum(one.find is not None for one in record.sightings)
        values = {metric.label: metric.value for metric in test.metric}
        assert values["objects found"] == f"{found} of {len(record.sightings)}"
        assert values["false alarms"] == str(record.false_alarms)
        assert values["gaps in the clip"] == str(len(study.gaps))

    def test_a_gap_is_told_with_both_frames_and_leads_on(self) -> None:
        study = held(session.of(View(**CLIP)))
        gap = next(gap for gap in study.gaps if gap.identity == "car-1")
        test = open_page("video/flicker", **CLIP, **{"video.gap": f"car-1@{gap.first}"})
        assert not test.error
        assert f"frame {gap.before}" in read(test)
        assert f"frame {gap.first}" in read(test)
        assert gap.cause in read(test).replace("\N{WORD JOINER}", "").replace("\\", "")
        (numbers,) = [table.value for table in test.dataframe]
        assert len(numbers) == 12
        test.button(key="gap_lost_autopsy").click().run()
        object_ = study.wanted[gap.first].identities.index("car-1")
        assert (seen(test).image, dict(seen(test).selected)["object"]) == (f"clip:crossing@{gap.first}", object_)

    def test_back_to_all_gaps(self) -> None:
        gap = gaps(held(session.of(View(**CLIP))).records)[0]
        test = open_page("video/flicker", **CLIP, **{"video.gap": f"{gap.identity}@{gap.first}"})
        test.button(key="gap_all").click().run()
        assert len(test.get("plotly_chart")) == 1
        assert open_page("video/flicker", **CLIP, **{"video.gap": "nobody@3"}).get("plotly_chart")

    def test_the_order_of_the_gaps_is_chosen(self) -> None:
        of = {}
        for sort in ("length", "margin"):
            test = open_page("video/flicker", **CLIP, **{"video.sort": sort})
            of[sort] = test.dataframe[0].value["frames"].tolist()
        assert of["length"] == sorted(of["length"], reverse=True)
        assert sorted(of["margin"]) == sorted(of["length"])

    def test_fixes_that_cannot_be_looked_for_leave_the_gap_in_view(self, monkeypatch: pytest.MonkeyPatch) -> None:
        test = open_page("video/flicker", **CLIP, **{"video.gap": "car-1@20"})
        lose_frame(monkeypatch, "clip:crossing@1")
        test.button(key="gap_fix").click().run()
        assert [error.value for error in test.error] == ["This frame is gone."]
        assert [one.key for one in test.button if one.key == "gap_fixes_stop"] == []
        assert len(test.dataframe) == 1

    def test_what_would_keep_an_object_was_tried(self) -> None:
        test = open_page("video/flicker", **CLIP, **{"video.gap": "car-1@20"})
        test.button(key="gap_fix").click().run()
        assert not test.exception
        fixes = test.dataframe[1].value
        assert len(fixes) >= 1
        test.button(key="gap_apply_0").click().run()
        assert len(seen(test).changes) >= 1

    def test_its_files(self) -> None:
        test = open_page("video/film_out", **CLIP)
        for key in ("film_csv", "film_json", "film_frames_zip"):
            test.button(key=key).click().run()
            assert not test.exception
            assert not test.error
            assert len(test.get("download_button")) == 1


def test_classes_that_the_detector_does_not_know_are_told() -> None:
    link = {"image": "clip:crossing@20", "model": "cells-fpn", "min_size": "120", "max_size": "160"}
    test = open_page("video/flicker", **link)
    test.button(key="flicker_run").click().run()
    assert not test.exception
    (told,) = [element.value for element in test.warning]
    assert told.startswith("The detector knows none of the 6 classes")
    assert open_page("video/flicker", **link).warning[0].value == told


def test_a_gaps_frames_are_run_once_for_all_pages() -> None:
    here, ran = session.of(View(**CLIP)), []
    with here.detector.model.backbone.register_forward_hook(lambda *_: ran.append(1)):
        for _ in range(2):
            assert len(trace_of(here, 11).anchors) == len(
                session.of(View(**CLIP | {"image": "clip:crossing@11"})).trace.anchors
            )
    assert len(ran) == 1
