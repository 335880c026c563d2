"""`frcnn-viz compare-family` on one drawn scene, with OpenCV and without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from frcnn_viz.analysis import selective_search
from frcnn_viz.analysis.selective_search import Regions
from frcnn_viz.cli import cli
from frcnn_viz.data.samples import sample_picture
from frcnn_viz.data.scenes import sample_scene
from frcnn_viz.extras import lacking
from tests.cli.running import run

OURS = {"street-fpn": 80, "street-c4": 112}
"""Pixels a side to which a region is warped."""


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "street.png"
    sample_scene("first-street").image.save(path)
    return path


def test_three_ways_of_one_picture(picture: Path) -> None:
    report = json.loads(run("compare-family", picture, "--crops", "8", "--set", "box_score_thresh=0.3", "--json", "-"))
    rcnn, fast, faster = report["ways"]
    assert report["crop_side"] == OURS[report["model"]]
    assert [way["name"] for way in report["ways"]] == ["rcnn", "fast", "faster"]
    assert (rcnn["computed"], rcnn["ms"]["of_crops"]) == (8, 8)
    assert rcnn["regions"] == fast["regions"] == fast["computed"] > 500
    assert faster["regions"] == faster["computed"] <= 300
    assert rcnn["ms"]["regions"] == fast["ms"]["regions"] > 0
    assert fast["ms"]["features"] == faster["ms"]["features"] < rcnn["ms"]["features"]
    for way in report["ways"]:
        ms = way["ms"]
        assert ms["total"] == pytest.approx(ms["regions"] + ms["features"] + ms["head"])
        assert all(found["score"] > 0.3 for found in way["detections"])
    names = set(sample_picture("first-street")[1].names)
    assert names <= {found["class"] for found in fast["detections"]} | {
        found["class"] for found in faster["detections"]
    }
    assert [way["published"]["mAP"] for way in report["ways"]] == [66.0, 66.9, 69.9]


def test_a_table_and_where_the_papers_figures_are_from(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Regions(torch.tensor([[0.0, 0, 640, 480], [100, 100, 300, 260]]), ms=700.0, searched=(375, 500))
    monkeypatch.setattr(selective_search, "search_regions", lambda image: few)
    told = run("compare-family", picture, "--all-crops")
    assert "Fast R-CNN: Girshick, 2015; the times are of Ren et al., 2015." in told
    assert "198 ms" in told
    assert "extrapolated" not in told


def test_without_opencv_it_says_what_to_install(picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ValueError, match="Selective search needs OpenCV") as told:
        CliRunner().invoke(cli, ["compare-family", str(picture)], catch_exceptions=False)
    assert str(told.value) == lacking("compare")
