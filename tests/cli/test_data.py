"""`frcnn-viz data`, on a small set with one mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from frcnn_viz.cli import cli
from frcnn_viz.data.annotations import AnnotatedImage, Dataset, Object
from frcnn_viz.data.formats import read_dataset, write_dataset
from frcnn_viz.data.sources import open_source

GOOD = Object((10.0, 20.0, 50.0, 60.0), "cat", difficult=True)
BAD = Object((5.0, 5.0, 5.0, 5.0), "dog")


def make(folder: Path, *objects: Object) -> Path:
    picture = folder / "picture.png"
    Image.new("RGB", (100, 80)).save(picture)
    dataset = Dataset((AnnotatedImage("one.png", objects, 100, 80),), ("cat", "dog"))
    write_dataset(dataset, "voc", folder / "set", lambda image: picture.read_bytes())
    return folder / "set"


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(cli, ["data", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


def test_check_exits_0_when_nothing_is_wrong(tmp_path: Path) -> None:
    assert "1 images (voc), 1 objects: 0 findings" in run("check", make(tmp_path, GOOD))


def test_check_names_what_is_wrong_and_exits_1(tmp_path: Path) -> None:
    folder = make(tmp_path, GOOD, BAD)
    assert "no area: Annotations/one.xml: object 1 (dog) at 5, 5, 5, 5" in run("check", folder, code=1)
    report = json.loads(run("check", folder, "--json", "-", code=1))
    assert [(f["kind"], f["image"], f["object"], f["mend"]) for f in report["findings"]] == [
        ("no area", "one.png", 1, "drop")
    ]
    assert (report["images"], report["objects"], report["notes"]) == (1, 2, [])


@pytest.mark.parametrize("format", ["coco", "yolo", "cvat", "voc"])
def test_convert_keeps_boxes_and_pictures(tmp_path: Path, format: str) -> None:
    out = tmp_path / "out"
    run("convert", make(tmp_path, GOOD), out, "--to", format)
    (image,) = read_dataset(open_source(out)).images
    assert (image.objects[0].box, image.objects[0].label) == (GOOD.box, GOOD.label)
    assert image.objects[0].difficult == (format != "yolo")
    assert image.file is not None
    assert (out / image.file).read_bytes() == (tmp_path / "picture.png").read_bytes()


def test_convert_to_an_unknown_format_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="choose one of coco, voc, yolo, cvat"):
        run("convert", make(tmp_path, GOOD), tmp_path / "out", "--to", "tfrecord")


def test_stats_are_in_both_frames(tmp_path: Path) -> None:
    report = json.loads(run("stats", make(tmp_path, GOOD, BAD), "--min-size", 160, "--json", "-"))
    (original,), (resized,) = report["original"], report["resized"]
    assert (original["label"], original["objects"], original["size_median"]) == ("cat", 1, 40)
    assert resized["size_median"] == 80
