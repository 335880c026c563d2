"""What is written in a format reads back: boxes, labels, flags, sizes; and pycocotools reads our COCO."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO

from frcnn_viz.data.annotations import FLAGS, AnnotatedImage, Dataset, Object, all_classes
from frcnn_viz.data.formats import read_dataset, written_files
from frcnn_viz.data.formats.write import picture_name, write_dataset
from frcnn_viz.data.sources import from_bytes, open_source

WIDTH, HEIGHT = 640, 480
words = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x2FFF, exclude_categories=["C", "Z"]), min_size=1, max_size=12
)
coordinates = st.integers(-100, 1000) | st.floats(-100, 1000, allow_nan=False)


@st.composite
def objects(draw: st.DrawFn) -> Object:
    x, y, w, h = draw(coordinates), draw(coordinates), draw(coordinates), draw(coordinates)
    flags = {name: draw(st.booleans()) for name in FLAGS}
    return Object((float(x), float(y), float(w), float(h)), draw(words), **flags)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    lists = draw(st.lists(st.lists(objects(), max_size=4), min_size=1, max_size=4))
    images = [AnnotatedImage(f"Bild {n}.png", tuple(found), WIDTH, HEIGHT) for n, found in enumerate(lists)]
    return Dataset(tuple(images), all_classes(images))


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT)).save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = picture()


def there_and_back(dataset: Dataset, format: str) -> Dataset:
    files = dict(written_files(dataset, format))
    files |= {picture_name(image, format): PICTURE for image in dataset.images}
    return read_dataset(from_bytes(files))


@pytest.mark.parametrize("format", ["voc", "coco", "cvat", "yolo"])
@settings(max_examples=40, deadline=None)
@given(dataset=datasets())
def test_what_is_written_reads_back(format: str, dataset: Dataset) -> None:
    back = there_and_back(dataset, format)
    assert back.unreadable == ()
    assert [Path(image.name).name for image in back.images] == [image.name for image in dataset.images]
    for image, original in zip(back.images, dataset.images, strict=True):
        assert (image.width, image.height) == (WIDTH, HEIGHT) or not original.objects
        assert [o.label for o in image.objects] == [o.label for o in original.objects]
        boxes = np.array([o.box for o in image.objects]), np.array([o.box for o in original.objects])
        assert np.allclose(*boxes, rtol=0, atol=2e-4 if format == "yolo" else 1e-9)
        if format != "yolo":
            assert [replace(o, box=(0,) * 4) for o in image.objects] == [
                replace(o, box=(0,) * 4) for o in original.objects
            ]


@settings(max_examples=20, deadline=None)
@given(dataset=datasets())
def test_pycocotools_reads_the_coco_file(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("coco") / "annotations.json"
    path.write_bytes(dict(written_files(dataset, "coco"))["annotations.json"])
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(path))
    for number, image in enumerate(dataset.images, start=1):
        found = coco.loadAnns(coco.getAnnIds(imgIds=number))
        assert [coco.cats[a["category_id"]]["name"] for a in found] == [o.label for o in image.objects]
        assert [a["iscrowd"] for a in found] == [int(o.crowd) for o in image.objects]
        boxes = [(x, y, x + w, y + h) for x, y, w, h in (a["bbox"] for a in found)]
        assert np.allclose(np.array(boxes), np.array([o.box for o in image.objects]), rtol=0, atol=1e-9)


def test_whole_pixels_stay_whole_through_every_format(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    corners = generator.integers(0, 400, (30, 2))
    sides = generator.integers(1, 80, (30, 2))
    found = tuple(
        Object(tuple(map(float, (*corner, *(corner + side)))), f"class {n % 3}", difficult=n % 2 == 0)
        for n, (corner, side) in enumerate(zip(corners, sides, strict=True))
    )
    start = Dataset((AnnotatedImage("one.png", found, WIDTH, HEIGHT),), ("class 0", "class 1", "class 2"))
    now = start
    for format in ("voc", "coco", "yolo", "cvat", "voc"):
        write_dataset(now, format, tmp_path / f"{format}-{now.format}", lambda image: PICTURE)
        now = read_dataset(open_source(tmp_path / f"{format}-{now.format}"))
        assert now.format == format
    assert [(o.box, o.label) for o in now.images[0].objects] == [(o.box, o.label) for o in found]


def test_a_folder_with_files_in_it_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    dataset = Dataset((AnnotatedImage("one.png", (), 1, 1),), ())
    with pytest.raises(ValueError, match="not an empty folder"):
        write_dataset(dataset, "coco", tmp_path)


def test_names_never_lead_out_of_the_folder(tmp_path: Path) -> None:
    dataset = Dataset((AnnotatedImage("../../out/one.png", (), 1, 1),), ())
    write_dataset(dataset, "voc", tmp_path / "inner" / "set", lambda image: b"x")
    assert {p.name for p in tmp_path.iterdir()} == {"inner"}
    assert {p.name for p in (tmp_path / "inner").iterdir()} == {"set"}


def test_pictures_are_found_through_other_folders_and_endings() -> None:
    voc = b"<annotation><filename>A.jpeg</filename><path>C:\\mine\\A.jpeg</path></annotation>"
    dataset = read_dataset(from_bytes({"train/xml/a.xml": voc, "train/a.JPG": PICTURE, "val/a.png": PICTURE}))
    assert {image.file for image in dataset.images} == {"train/a.JPG", "val/a.png"}
    assert next(image for image in dataset.images if image.source).file == "train/a.JPG"


def test_yolo_takes_its_classes_from_yaml_or_text() -> None:
    line = {"labels/one.txt": b"1 0.5 0.5 0.5 0.5\n", "images/one.png": PICTURE}
    for name, content in (
        ("data.yaml", b"names: [cat, dog]"),
        ("data.yaml", b"names: {0: cat, 1: dog}"),
        ("classes.txt", b"cat\ndog\n"),
    ):
        (image,) = read_dataset(from_bytes({**line, name: content})).images
        assert image.objects == (Object((160.0, 120.0, 480.0, 360.0), "dog"),)
    (image,) = read_dataset(from_bytes(line)).images
    assert image.objects[0].label == "class 1"


def test_a_coco_category_that_is_not_listed_keeps_its_number() -> None:
    content = {
        "images": [{"id": 7, "file_name": "one.png", "width": 10, "height": 10}],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]}],
        "categories": [{"id": 1, "name": "cat"}],
    }
    dataset = read_dataset(from_bytes({"a.json": json.dumps(content).encode()}))
    assert dataset.images[0].objects == (Object((1.0, 2.0, 4.0, 6.0), "category 3"),)
    assert dataset.classes == ("cat", "category 3")
    assert dataset.declared == ("cat",)
