"""Sets that are odd and right: each is read as it is meant."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.formats.names import Pictures
from frcnn_viz.data.formats.read import picture_size
from frcnn_viz.data.sources import from_bytes, open_source
from tests.data.formats.made import CORNERS, LINE, PICTURE, VOC, picture, zipped


def test_a_zip_of_a_set_reads_like_its_folder(tmp_path: Path) -> None:
    content = zipped(("set/a.xml", VOC % CORNERS), ("__MACOSX/set/._a.xml", b"litter"))
    path = tmp_path / "set.zip"
    path.write_bytes(content)
    assert read_dataset(open_source(path)).images == read_dataset(from_bytes({"set.zip": content})).images
    assert read_dataset(open_source(path)).unreadable == ()


def test_class_names_in_yaml_are_words_whatever_they_look_like() -> None:
    names = b"names: [no, 1.0, 2020-01-01, !!python/object/apply:os.getcwd x, !odd y, null, &a cat, *a]"
    dataset = read_dataset(from_bytes({"data.yaml": names, "a.txt": LINE, "a.png": PICTURE}))
    assert dataset.classes == ("no", "1.0", "2020-01-01", "x", "y", "null", "cat")


def test_a_coco_file_may_mix_the_kinds_of_its_ids() -> None:
    content = {
        "images": [{"id": "one", "file_name": "a.png"}, {"id": 2.0, "file_name": "b.png"}],
        "annotations": [
            {"image_id": 2, "category_id": "x", "bbox": [1, 2, 3, 4]},
            {"image_id": "one", "category_id": [7], "bbox": [1, 2, 3, 4]},
        ],
        "categories": [{"id": "x", "name": "dog"}, {"id": 7, "name": "cat"}, {"id": 1.5e300, "name": None}],
    }
    dataset = read_dataset(from_bytes({"a.json": json.dumps(content).encode()}))
    assert dataset.declared == ("cat", "1.5e+300", "dog")
    assert [image.objects[0].label for image in dataset.images] == ["category a list", "dog"]


def test_the_size_of_a_picture_is_told_without_decoding_it(monkeypatch: pytest.MonkeyPatch) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    assert picture_size(picture(30, 20, exif=turned)) == (20, 30)
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", lambda self: pytest.fail("decoded"))
    assert picture_size(picture(30, 20)) == (30, 20)
    assert picture_size(picture(30, 20, exif=turned)) == (20, 30)


def test_names_that_no_text_can_hold_are_shown_without_them(tmp_path: Path) -> None:
    odd = os.fsdecode(b"\xff\x01a.png")
    (tmp_path / odd).write_bytes(PICTURE)
    (tmp_path / os.fsdecode(b"\xffa.xml")).write_bytes((VOC % CORNERS).replace(b"a.png", b"b.png"))
    (tmp_path / os.fsdecode(b"\xffb.xml")).write_bytes(b"<annotation>")
    source = open_source(tmp_path)
    dataset = read_dataset(source)
    assert [(image.name, image.file, image.source) for image in dataset.images] == [
        ("a.png", odd, ""),
        ("b.png", None, "a.xml"),
    ]
    assert source.read(odd) == PICTURE
    assert dataset.unreadable[0].sentence.startswith("b.xml is not well-formed")
    content = {"images": [{"id": 1, "file_name": "\ud800c.png"}], "categories": [{"id": 1, "name": "\ud800"}]}
    (image,) = read_dataset(from_bytes({"a.json": json.dumps(content).encode()})).images
    assert image.name == "c.png"


def test_a_yolo_set_with_the_same_names_in_train_and_val_takes_each_its_own_picture() -> None:
    files = {f"images/{part}/1.png": picture(size, 10) for part, size in (("train", 100), ("val", 200))}
    files |= {f"labels/{part}/1.txt": LINE for part in ("train", "val")}
    dataset = read_dataset(from_bytes(files))
    assert [(image.file, image.source) for image in dataset.images] == [
        ("images/train/1.png", "labels/train/1.txt"),
        ("images/val/1.png", "labels/val/1.txt"),
    ]
    assert [image.objects[0].box[2] for image in dataset.images] == [75, 150]


def test_the_picture_beside_an_annotation_is_taken_among_thousands_of_its_name() -> None:
    names = [f"f{n:04d}/000001.png" for n in range(3_000)] + ["other/deep/000001.jpg"]
    pictures = Pictures(from_bytes(dict.fromkeys(names, b"")))
    for name in names[:-1:100]:
        assert pictures.find("000001.png", name.replace("png", "xml")) == name
        assert pictures.find(f"C:\\mine\\{name}") == name
    assert pictures.find("000001.jpg", "f0001/000001.xml") == "other/deep/000001.jpg"
    assert pictures.find("000002.png") is None
    assert pictures.find("") is None
