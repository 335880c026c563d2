"""`frcnn-viz data`, on a small set with one mistake."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from frcnn_viz.cli import cli
from frcnn_viz.data.annotations import AnnotatedImage, Dataset, Object
from frcnn_viz.data.formats import read_dataset, write_dataset
from frcnn_viz.data.sources import open_source
from frcnn_viz.data.workspace import Workspace
from tests.cli import running

GOOD = Object((10.0, 20.0, 50.0, 60.0), "cat", difficult=True)
BAD = Object((5.0, 5.0, 5.0, 5.0), "dog")


def make(folder: Path, *objects: Object) -> Path:
    picture = folder / "picture.png"
    Image.new("RGB", (100, 80)).save(picture)
    dataset = Dataset((AnnotatedImage("one.png", objects, 100, 80),), ("cat", "dog"))
    write_dataset(dataset, "voc", folder / "set", lambda image: picture.read_bytes())
    return folder / "set"


run = partial(running.run, "data")


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


def test_check_tells_once_a_set_that_it_may_be_counted_from_one(tmp_path: Path) -> None:
    objects = [Object((1.0, 1.0, 100.0, 80.0), "cat"), *(Object((n, n, n + 9, n + 9), "cat") for n in range(2, 40))]
    lines = run("check", make(tmp_path, *objects)).splitlines()
    assert [line.startswith("note: No box of these 1 images begins before pixel 1") for line in lines] == [True, False]


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
    good = replace(GOOD, difficult=False)
    report = json.loads(run("stats", make(tmp_path, good, BAD, GOOD), "--min-size", 160, "--json", "-"))
    assert (report["objects"], report["crowds"], report["difficult"]) == (1, 0, 1)
    assert "1 difficult object is left out" in run("stats", tmp_path / "set")
    (original,), (resized,) = report["original"], report["resized"]
    assert (original["label"], original["objects"], original["size_median"]) == ("cat", 1, 40)
    assert resized["size_median"] == 80


def fill(folder: Path) -> Workspace:
    workspace = Workspace(folder)
    for n in range(3):
        picture = io.BytesIO()
        Image.new("RGB", (100, 80), (n, n, n)).save(picture, "PNG")
        workspace.add(
            picture.getvalue(), f"{n}.png", [replace(GOOD, label="stop\tsign"), replace(GOOD, label="x" * 99)]
        )
    return workspace


@pytest.mark.parametrize("format", ["coco", "yolo", "cvat", "voc"])
def test_a_workspace_is_taken_out_and_brought_back(tmp_path: Path, format: str) -> None:
    workspace, out = fill(tmp_path / "workspace"), tmp_path / "out"
    told = run("export", out, "--to", format, "--workspace", workspace.folder)
    assert told.endswith(f"3 images as {format} in {out}\n")
    run("import", out, "--workspace", tmp_path / "back")
    kept = {item.id: item.objects for item in Workspace(tmp_path / "back").items()}
    strip = lambda one: replace(one, difficult=False) if format == "yolo" else one  # noqa: E731
    assert kept == {item.id: tuple(map(strip, item.objects)) for item in workspace.items()}


def test_what_an_export_leaves_out_is_named(tmp_path: Path) -> None:
    workspace = fill(tmp_path / "workspace")
    (workspace.folder / "annotations" / f"{workspace.ids[0]}.json").write_text("[]")
    workspace.picture_path(workspace.ids[1]).unlink()
    arguments = ["data", "export", str(tmp_path / "out"), "--to", "voc", "--workspace", str(workspace.folder)]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert "2 images as voc" in result.stdout
    assert f"left out: The annotations of image {workspace.ids[0]} are damaged" in " ".join(result.stderr.split())
    assert "left out: The picture of 1.png" in " ".join(result.stderr.split())


def test_an_export_of_nothing_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there are no images in the workspace"):
        run("export", tmp_path / "out", "--to", "voc", "--workspace", tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_check_also_tells_what_a_training_would_stumble_over(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    folder = make(tmp_path, Object((10.0, 20.0, 50.0, 60.0), "cat"), Object((10.0, 10.0, 10.5, 60.0), "cat"))
    other = make(tmp_path / "other", Object((10.0, 20.0, 50.0, 60.0), "dog"))
    assert "0 findings" in run("check", folder)
    lines = run("check", folder, "--model", "street-fpn", "--validate", other, code=1).splitlines()
    assert lines[0].startswith("too small after the resize: Annotations/one.xml: object 1 (cat) at 10, 10, 10.5, 60 is")
    assert lines[1].startswith("class only in validation: Annotations/one.xml: object 0 (dog)")
    assert "2 findings" in lines[2]
    (tmp_path / "bad").mkdir()
    bad = make(tmp_path / "bad", BAD)
    kinds = [
        one["kind"] for one in json.loads(run("check", bad, "--model", "street-c4", "--json", "-", code=1))["findings"]
    ]
    assert kinds == ["no area", "no objects at all"]
