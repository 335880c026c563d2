"""What comes with the program to look at: drawn scenes, and the photographs of blood cells with their licence."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from frcnn_viz.data import checks
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.samples import CELLS, SAMPLE_SETS, SAMPLES, sample_picture, samples_of
from frcnn_viz.data.scenes import SAMPLES as SCENES
from frcnn_viz.data.sources import open_source
from frcnn_viz.paths import ROOT

ANNOTATED = json.loads((CELLS / "annotations.json").read_text(encoding="utf-8"))


def test_the_sets_share_no_name() -> None:
    assert SAMPLE_SETS == ("samples", "cells")
    assert samples_of("samples") == list(SCENES)
    assert len(samples_of("cells")) == 24
    assert [*samples_of("samples"), *samples_of("cells")] == list(SAMPLES)
    assert samples_of("yours") == []
    assert len({sample.title for sample in SAMPLES.values()}) == len(SAMPLES)


def test_a_scene_is_what_it_always_was() -> None:
    image, truth = sample_picture("first-street")
    assert image.size == (480, 640)
    assert image.name == "first-street.png"
    assert "person" in truth.names


def test_the_ground_truth_of_the_cells_is_that_of_the_file() -> None:
    names = {one["id"]: one["name"] for one in ANNOTATED["categories"]}
    for name, listed in zip(samples_of("cells"), ANNOTATED["images"], strict=True):
        image, truth = sample_picture(name)
        assert image.name == listed["file_name"]
        assert image.size == (listed["height"], listed["width"]) == (480, 640)
        written = [one for one in ANNOTATED["annotations"] if one["image_id"] == listed["id"]]
        assert truth.names == tuple(names[one["category_id"]] for one in written)
        boxes = [[x, y, x + width, y + height] for x, y, width, height in (one["bbox"] for one in written)]
        assert truth.boxes_in_image.tolist() == boxes
        assert truth.left_out == 0
        assert not truth.ignored.any()
    counts = Counter(names[one["category_id"]] for one in ANNOTATED["annotations"])
    assert counts == {"RBC": 269, "WBC": 24, "Platelets": 41}


def test_nothing_is_wrong_with_the_cells() -> None:
    dataset = read_dataset(open_source(CELLS))
    assert not checks.check(dataset, {image.name: (640, 480) for image in dataset.images})
    assert {path.name for path in CELLS.iterdir()} == {
        "LICENSE",
        "annotations.json",
        *(image.name for image in dataset.images),
    }


def test_the_cells_are_small_and_have_their_licence() -> None:
    assert sum(path.stat().st_size for path in CELLS.iterdir()) <= 1_000_000
    licence = (CELLS / "LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("MIT License\n\nCopyright (c) 2017 shenggan\n")
    assert "shall be included in all\ncopies" in licence


@pytest.mark.parametrize("path", sorted(CELLS.glob("*.jpg")), ids=lambda path: path.stem)
def test_a_photograph_is_whole(path: Path) -> None:
    with Image.open(path) as image:
        image.load()
        assert (image.format, image.size) == ("JPEG", (640, 480))


def test_a_wheel_has_the_cells() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = project["tool"]["setuptools"]["data-files"]["share/frcnn-viz/assets/cells"]
    assert {path for pattern in packed for path in ROOT.glob(pattern)} == set(CELLS.iterdir())
