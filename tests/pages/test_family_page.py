"""The page of the family: three ways side by side, every crop when asked, and without OpenCV."""

from __future__ import annotations

import io
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from frcnn_viz.analysis.selective_search import Regions
from frcnn_viz.data.samples import sample_picture
from frcnn_viz.extras import lacking
from frcnn_viz.ui import library, regions
from tests.pages.opening import open_page, seen

PICTURE = "night"
FEW = Regions(
    torch.tensor([[0.0, 0, 640, 480], *([x, y, x + 90, y + 70] for x in range(0, 540, 60) for y in range(0, 400, 50))]),
    ms=700.0,
    searched=(375, 500),
)
"""73 regions."""


def told(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.caption, *test.markdown, *test.warning, *test.info])


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The regions of the picture are known, so that none are searched for."""
    found = OrderedDict({sample_picture(PICTURE)[0].sha256: FEW})
    monkeypatch.setattr(regions, "_FOUND", found)


def search(test: AppTest) -> None:
    """Press the button, and come back when the process is over; the clock of a browser's page does both by itself."""
    test.button(key="family_search").click().run()
    (running,) = test.session_state["kept_searches"].values()
    running.child.wait(60)
    test.run()
    assert not test.exception


def test_a_picture_is_searched_and_three_ways_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "_FOUND", OrderedDict())
    test = open_page("family")
    (table,) = [frame.value for frame in test.dataframe]
    assert table["member"].tolist() == ["Faster R-CNN"]
    assert "looks for regions" in told(test)
    test.button(key="family_stop").click().run()
    assert "was stopped" in told(test)
    search(test)
    assert not test.warning
    (table,) = [frame.value for frame in test.dataframe]
    assert table["member"].tolist() == ["R-CNN", "Fast R-CNN", "Faster R-CNN"]
    for tab in ("recall", "times"):
        assert "looks for regions" not in told(open_page(f"family/{tab}"))


def test_a_visitor_has_one_search_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "_FOUND", OrderedDict())
    test = open_page("family", image="crowd")
    for image in ("crowd", "traffic-jam"):
        test.session_state["view"] = replace(seen(test), image=image)
        test.run()
        test.button(key="family_stop").click().run()
        test.button(key="family_search").click().run()
        (running,) = test.session_state["kept_searches"].values()
        assert running.child.is_running
    running.child.stop()


@pytest.mark.usefixtures("known")
def test_every_crop_is_computed_when_it_is_asked_for() -> None:
    test = open_page("family", image=PICTURE)
    assert "R-CNN: 50 of 73 regions" in told(test)
    assert "the first 50 of 73 regions" in told(test)
    (table,) = [frame.value for frame in test.dataframe]
    assert table["in all"][0].startswith("about ")
    test.button(key="family_all").click().run()
    assert not test.exception
    assert "R-CNN: 73 regions" in told(test)
    assert not [button for button in test.button if button.key == "family_all"]
    (table,) = [frame.value for frame in test.dataframe]
    assert "about" not in table["in all"][0]


def test_crops_are_computed_in_portions_and_kept_when_they_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = Regions(FEW.boxes_in_image.repeat(2, 1), FEW.ms, FEW.searched)
    monkeypatch.setattr(regions, "_FOUND", OrderedDict({sample_picture("far-away")[0].sha256: twice}))
    test = open_page("family", image="far-away")
    assert "R-CNN: 50 of 146 regions" in told(test)
    test.button(key="family_all").click().run()
    test.button(key="action_stop").click().run()
    assert not test.exception
    assert "R-CNN: 75 of 146 regions" in told(test)
    assert "the first 75 of 146 regions" in told(test)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("link", [{"model": "street-c4"}, {"box_score_thresh": "1.0"}, {"rpn_score_thresh": "1.0"}])
def test_other_detectors_and_settings(link: dict[str, str]) -> None:
    for tab in ("picture", "recall", "times"):
        test = open_page(f"family/{tab}", image=PICTURE, **link)
        assert not test.error
        assert not test.warning


def test_masks_are_left_out_which_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    two = Regions(FEW.boxes_in_image[:2], FEW.ms, FEW.searched)
    monkeypatch.setattr(regions, "_FOUND", OrderedDict({sample_picture(PICTURE)[0].sha256: two}))
    test = open_page("family", image=PICTURE, model="maskrcnn_resnet50_fpn", weights="random", min_size="64")
    assert "masks and keypoints are left out" in told(test)


def test_without_opencv_faster_rcnn_is_shown_and_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(regions, "_FOUND", OrderedDict())
    test = open_page("family", image=PICTURE)
    test.button(key="family_stop").click().run()
    search(test)
    assert [warning.value.replace("\\", "") for warning in test.warning] == [lacking("compare")]
    (table,) = [frame.value for frame in test.dataframe]
    assert table["member"].tolist() == ["Faster R-CNN"]
    for tab in ("recall", "times"):
        test.button_group(key="option_family.tab").set_value(tab).run()
        assert not test.exception
        assert len(test.warning) == 1


def test_a_picture_without_objects_has_no_recall(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30)).save(buffer, "PNG")
    key, _ = library.workspace().add(buffer.getvalue(), "plain.png")
    assert "needs its ground truth" in told(open_page("family/recall", image=key))


@pytest.mark.usefixtures("known")
def test_what_is_chosen_is_in_the_link() -> None:
    test = open_page("family/recall", image=PICTURE)
    test.button_group(key="option_family.iou").set_value(0.7).run()
    assert dict(seen(test).options)["family.iou"] == "0.7"
