"""`frcnn-viz autopsy` and `waterfall` on two scenes with known objects."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from frcnn_viz import load_detector
from frcnn_viz.analysis import examination
from frcnn_viz.data.annotations import AnnotatedImage, DataError, Dataset, Object
from frcnn_viz.data.formats import write_dataset
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import CLASSES, PRESETS, draw_scene
from tests.cli.running import run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    folder, pictures, images = tmp_path_factory.mktemp("data") / "set", {}, []
    for number, preset in enumerate(("tiny", "ordinary")):
        scene = draw_scene(6_000 + number, PRESETS[preset])
        buffer = io.BytesIO()
        scene.image.save(buffer, "PNG")
        pictures[f"{preset}.png"] = buffer.getvalue()
        pairs = zip(scene.boxes_in_image.tolist(), scene.labels.tolist(), strict=True)
        objects = tuple(Object(tuple(box), CLASSES[label - 1]) for box, label in pairs)
        images.append(AnnotatedImage(f"{preset}.png", objects, *scene.image.size))
    write_dataset(Dataset(tuple(images), tuple(CLASSES)), "coco", folder, lambda image: pictures[image.name])
    return folder, sum(len(image.objects) for image in images)


def test_every_object_has_a_row(data: tuple[Path, int], tmp_path: Path) -> None:
    folder, count = data
    table = tmp_path / "out.csv"
    report = json.loads(run("autopsy", folder, "--model", "street-c4", "--csv", table, "--json", "-"))
    objects = [row for row in report["rows"] if row["what"] == "object"]
    assert len(objects) == count
    assert {row["verdict"] for row in objects} > {"found"}
    with table.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == [row["verdict"] for row in report["rows"]]
    assert "found" in run("autopsy", folder, "--set", "box_score_thresh=0.5")


def test_the_waterfall_ends_at_what_is_found(data: tuple[Path, int]) -> None:
    folder, count = data
    report = json.loads(run("waterfall", folder, "--model", "street-c4", "--json", "-"))
    assert report["objects"] == count
    assert len(report["stages"]) == 11
    found = sum(
        row["verdict"] == "found"
        for row in json.loads(run("autopsy", folder, "--model", "street-c4", "--json", "-"))["rows"]
    )
    assert report["stages"][-1]["recall_50"] == pytest.approx(found / count)
    assert sum(row["lost_50"] for row in report["stages"]) == count - found
    assert "loses most" in run("waterfall", folder, "--model", "street-c4")


def test_a_set_without_ground_truth_is_told(tmp_path: Path) -> None:
    draw_scene(1, PRESETS["ordinary"]).image.save(tmp_path / "alone.png")
    with pytest.raises(DataError, match="no picture with ground truth"):
        run("autopsy", tmp_path)


def test_flags_and_empty_pictures_are_counted_as_they_should(tmp_path: Path) -> None:
    """One scene three times: as it is, with half its objects ignored, and with nothing said to be on it."""
    scene = draw_scene(6_001, PRESETS["ordinary"])
    pairs = list(zip(scene.boxes_in_image.tolist(), scene.labels.tolist(), strict=True))
    objects = [Object(tuple(box), CLASSES[label - 1]) for box, label in pairs]
    flagged = [replace(one, crowd=n % 4 == 0, difficult=n % 4 == 2) for n, one in enumerate(objects)]
    buffer = io.BytesIO()
    scene.image.save(buffer, "PNG")
    images = [
        AnnotatedImage(f"{name}.png", tuple(of), *scene.image.size)
        for name, of in (("plain", objects), ("flagged", flagged), ("empty", ()))
    ]
    write_dataset(Dataset(tuple(images), tuple(CLASSES)), "coco", tmp_path, lambda image: buffer.getvalue())
    rows = json.loads(run("autopsy", tmp_path, "--json", "-"))["rows"]
    of = {name: Counter(row["what"] for row in rows if row["image"] == f"{name}.png") for name in ("plain", "flagged")}
    ignored = sum(one.crowd or one.difficult for one in flagged)
    assert of["flagged"]["ignored object"] == ignored > 1
    assert of["flagged"]["object"] == len(objects) - ignored
    assert of["flagged"]["false alarm"] <= of["plain"]["false alarm"]
    empty = [row for row in rows if row["image"] == "empty.png"]
    detections = load_detector("street-fpn", "cpu").model([from_pil(scene.image, "a").tensor])[0]["scores"]
    assert [row["what"] for row in empty] == ["false alarm"] * len(detections)
    assert {row["verdict"] for row in empty} == {"background"}
    report = json.loads(run("waterfall", tmp_path, "--json", "-"))
    assert report["objects"] == 2 * len(objects) - ignored
    told = run("waterfall", tmp_path)
    assert f"neither found nor missed: {ignored}; detections on them" in told


def test_sums_are_printed_beside_a_table_and_first_what_is_not_known(data: tuple[Path, int], tmp_path: Path) -> None:
    folder, count = data
    table = tmp_path / "out.csv"
    printed = run("autopsy", folder, "--csv", table)
    assert f"of {count} objects missed" in printed
    strange = tmp_path / "set"
    scene = draw_scene(6_001, PRESETS["ordinary"])
    scene.image.save(picture := tmp_path / "one.png")
    objects = tuple(Object(tuple(box), "=cell") for box in scene.boxes_in_image.tolist())
    image = AnnotatedImage("one.png", objects, *scene.image.size)
    write_dataset(Dataset((image,), ("=cell",)), "coco", strange, lambda image: picture.read_bytes())
    printed = run("autopsy", strange, "--csv", table).splitlines()
    assert ",'=cell," in table.read_text(encoding="utf-8")  # no formula
    assert printed[0].startswith("The detector knows not the one class drawn here: no object can be missed")
    assert printed[1].startswith("No object that it should find, ")
    assert json.loads(run("autopsy", strange, "--csv", table, "--json", "-"))["sums"] == printed


def test_a_second_run_examines_nothing_again(data: tuple[Path, int], monkeypatch: pytest.MonkeyPatch) -> None:
    first = run("autopsy", data[0], "--json", "-")
    monkeypatch.setattr(examination, "examine_image", None)
    assert run("autopsy", data[0], "--json", "-") == first
