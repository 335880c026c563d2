"""`frcnn-viz anchors`: judged and searched from the command line, for detectors of ours and of torchvision."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from frcnn_viz.cli import cli
from frcnn_viz.data.annotations import AnnotatedImage, DataError, Dataset, Object
from frcnn_viz.data.formats import write_dataset
from frcnn_viz.models.registry import ModelError
from tests.cli import running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    picture = tmp_path / "picture.png"
    Image.new("RGB", (320, 240)).save(picture)
    objects = [Object((10.0 + 30 * n, 20, 34.0 + 30 * n, 50), "cat") for n in range(8)]
    dataset = Dataset((AnnotatedImage("one.png", tuple(objects), 320, 240),), ("cat",))
    write_dataset(dataset, "coco", tmp_path / "set", lambda image: picture.read_bytes())
    return tmp_path / "set"


run = partial(running.run, "anchors")


def test_recall_is_told_by_class_and_size(data: Path) -> None:
    report = json.loads(run("recall", data, "--json", "-"))
    groups = {group["name"]: group for group in report["groups"]}
    assert groups["all"]["objects"] == groups["cat"]["objects"] == 8
    assert report["anchor_sizes"] == [[12], [24], [48], [96], [176]]
    fitting = json.loads(run("recall", data, "--sizes", "27|24|48|96|176", "--json", "-"))
    assert fitting["groups"][0]["mean_iou"] > groups["all"]["mean_iou"]
    assert "cat" in run("recall", data)


def test_a_search_confirms_its_gain_on_other_objects(data: Path) -> None:
    options = ("--validate", data, "--steps", 3, "--objective", "mean")
    report = json.loads(run("optimise", data, *options, "--json", "-"))
    assert report["after"] >= report["before"]
    assert report["confirmed on"] == report["searched on"]
    assert report["searched on"]["after"][0]["mean_iou"] == pytest.approx(report["after"])
    told = CliRunner().invoke(cli, ["anchors", "optimise", str(data), *map(str, options)])
    assert "AnchorGenerator(" in told.stdout
    assert "no promise of better average precision" in " ".join(told.stdout.split())
    assert "8 objects are few to choose 15 anchors by" in " ".join(told.stderr.split())


def test_crowds_are_no_targets(tmp_path: Path) -> None:
    Image.new("RGB", (320, 240)).save(picture := tmp_path / "picture.png")
    plain = [Object((10.0 + 30 * n, 20, 34.0 + 30 * n, 50), "cat") for n in range(4)]
    odd = [Object((0.0, 100, 300, 120), "cat", crowd=True), Object((0.0, 150, 300, 170), "cat", crowd=True)]
    dataset = Dataset((AnnotatedImage("one.png", (odd[0], *plain, odd[1]), 320, 240),), ("cat",))
    write_dataset(dataset, "coco", tmp_path / "set", lambda image: picture.read_bytes())
    told = CliRunner().invoke(cli, ["anchors", "recall", str(tmp_path / "set"), "--json", "-"])
    assert json.loads(told.stdout)["groups"][0]["objects"] == 4
    assert "2 crowds are left out: no anchor is to find them" in " ".join(told.stderr.split())


def test_torchvisions_detectors_are_known_by_name(data: Path) -> None:
    report = json.loads(run("recall", data, "--model", "fasterrcnn_mobilenet_v3_large_320_fpn", "--json", "-"))
    assert report["anchor_sizes"] == [[32, 64, 128, 256, 512]] * 3
    assert (report["min_size"], report["max_size"]) == (320, 640)


def test_mistakes_are_told(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no detector 'yolo'"):
        run("recall", data, "--model", "yolo")
    with pytest.raises(DataError, match="sizes for 2 levels, but the model has 5 maps"):
        run("recall", data, "--sizes", "8|16", "--ratios", "1|1")
    Image.new("RGB", (9, 9)).save(tmp_path / "alone.png")
    with pytest.raises(DataError, match="no object of an image whose size is known"):
        run("recall", tmp_path / "alone.png")
