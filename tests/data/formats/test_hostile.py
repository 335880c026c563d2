"""Broken and hostile annotations: one sentence each, in bounded time; the good files beside them are read."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frcnn_viz.data import sources
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.checks import Kind, check
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.formats.coco import write_coco
from frcnn_viz.data.sources import from_bytes, open_source
from tests.data.formats.made import CORNERS, LINE, PICTURE, VOC, json_values, zipped

BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "%s"><!ENTITY y "&x;&x;&x;&x;">]><annotation>&y;</annotation>"""
    % (b"x" * 50)
)
EXTERNAL = (
    b"""<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><filename>&x;</filename></annotation>"""
)
DEFAULTS = b'<!DOCTYPE annotation [<!ATTLIST a b CDATA "more of little">]><annotation><a/></annotation>'


def refused(files: dict[str, bytes]) -> str:
    with pytest.raises(DataError) as error:
        read_dataset(from_bytes(files))
    sentence = str(error.value)
    assert "\n" not in sentence
    assert len(sentence) < 300
    return sentence


def said_of(files: dict[str, bytes]) -> str:
    try:
        return " ".join(bad.sentence for bad in read_dataset(from_bytes(files)).unreadable)
    except DataError as error:
        return str(error)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xml", BOMB, "entities"),
        ("a.xml", EXTERNAL, "entities"),
        ("a.xml", DEFAULTS, "document type"),
        ("a.xml", b"<annotation>" + b"".join(b"<a%d/>" % n for n in range(2_000)), "different tags"),
        ("a.xml", b"<annotation><object>", "not well-formed XML"),
        ("a.xml", b"\xff\xfe\x00garbage", "not well-formed XML"),
        ("a.xml", b"<html/>", "starts with <html>"),
        ("a.xml", VOC % b"<xmin>one</xmin>", "'one' as xmin of object 0 (cat)"),
        ("a.xml", VOC % b"<xmin>1</xmin>", "nothing as ymin"),
        ("a.xml", b"<annotation><object/></annotation>", "object 0 has no class name"),
        ("a.xml", b"<annotations><meta/><image/></annotations>", "without a name"),
        ("a.xml", b"<annotations><meta/><track/></annotations>", "CVAT for video"),
        ("a.json", b"{", "not well-formed JSON"),
        ("a.json", b"[" * 100_000, "no JSON object"),
        ("a.json", b"{}", "no list of images"),
        ("a.json", b'{"images":' + b"[" * 100_000, "recursion"),
        ("a.json", b'{"images": [],}', "a comma is too many"),
        ("a.json", b'{"images": [{}{}]}', "an image has None as id"),
        ("a.json", b'{"images": [{"id": 1, "file_name": "a"} {}]}', "a comma or ] is missing"),
        ("a.json", b'{"images": []} {}', "goes on after its end"),
        ("a.json", b'{"images": [' + b"1" * 5_000 + b"]}", "4300 digits"),
        ("a.json", b'{"images": [{"id": 1, "file_name": "\xff"}]}', "not text in UTF-8"),
        ("a.json", b'{"images": [{"id": 1}]}', "image 1 has no file_name"),
        ("a.json", b'{"images": [{"id": [1], "file_name": "a"}]}', "a list as id"),
        ("a.json", b'{"images": [], "annotations": [3]}', "not a list of objects"),
        ("a.json", b'{"images": [], "annotations": [{"image_id": [9], "bbox": [1,2,3,4]}]}', "a list as image_id"),
        (
            "a.json",
            b'{"images": [], "annotations": [{"id": 5, "image_id": {}, "bbox": []}]}',
            "annotation 5 has an object",
        ),
        ("a.json", b'{"images": [], "annotations": [{"id": [], "image_id": 1e999}]}', "annotation a list has inf"),
        ("a.json", b'{"images": [], "categories": [{"id": 1, "name": ["cat"]}]}', "category 1 has a list as its name"),
        ("a.json", b'{"images": [], "annotations": [{"image_id": 9, "bbox": [1,2,3,4]}]}', "annotates image 9"),
        ("a.json", b'{"images": [], "annotations": [{"image_id": 9, "bbox": [1,2,3]}]}', "no bbox of four numbers"),
        ("a.json", b'{"images": [], "annotations": [{"image_id": 9, "bbox": [1,2,3,"4"]}]}', "no bbox of four"),
        ("notes.txt", b"hello", "no picture and no annotation"),
    ],
)
def test_a_bad_file_is_one_sentence(name: str, content: bytes, words: str) -> None:
    assert words in refused({name: content})


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["a.xml", "a.json", "a.txt", "data.yaml", "classes.txt", "a.zip", "a.png"]), st.binary(max_size=300)
)
def test_any_bytes_are_read_or_refused_in_a_sentence(name: str, content: bytes) -> None:
    assert "\n" not in said_of({name: content})


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({"images": json_values, "annotations": json_values, "categories": json_values}))
def test_any_json_is_read_or_refused_in_a_sentence(content: dict) -> None:
    assert "\n" not in said_of({"a.json": json.dumps(content).encode()})


@pytest.mark.parametrize("number", ["nan", "-inf", "1e400", "1e30"])
def test_objects_at_no_place_are_left_out_of_every_format_and_told(number: str) -> None:
    objects = "".join(
        f"<object><name>cat</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>{x}</xmax><ymax>4</ymax></bndbox></object>"
        for x in (3, number, number)
    )
    boxes = "".join(f'<box label="cat" xtl="1" ytl="2" xbr="{x}" ybr="4"/>' for x in (3, number, number))
    in_json = {"nan": "NaN", "-inf": "-Infinity"}.get(number, number)
    bbox = [[1, 2, 2, 2], [1, 2, "N", 2], [1, 2, "N", 2]]
    content = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": box} for box in bbox],
        "categories": [{"id": 1, "name": "cat"}],
    }
    wide = f"0 {number} 0.5 0.5 0.5\n"
    for files in (
        {"a.xml": f"<annotation><filename>a.png</filename>{objects}</annotation>".encode()},
        {"a.xml": f'<annotations><meta/><image name="a.png">{boxes}</image></annotations>'.encode()},
        {"a.json": json.dumps(content).replace('"N"', in_json).encode()},
        {"a.txt": f"0 0.5 0.5 0.5 0.5\n{wide}{wide}".encode(), "classes.txt": b"cat", "a.png": PICTURE},
    ):
        dataset = read_dataset(from_bytes(files))
        (image,) = dataset.images
        assert [item.usable for item in image.objects] == [True]
        (told,) = check(dataset, classes=["cat"])
        assert (told.kind, told.file, told.image) == (Kind.NOT_FINITE, next(iter(files)), "a.png")
        assert "object 1 (cat) of a.png at" in told.sentence
        assert "and 1 more" in told.sentence
        json.dumps([item.to_dict() for item in image.objects], allow_nan=False)
        json.loads(write_coco(dataset.images, dataset.classes), parse_constant=pytest.fail)


def test_one_bad_file_leaves_the_others() -> None:
    dataset = read_dataset(from_bytes({"a.xml": VOC % CORNERS, "b.xml": b"<annotation>"}))
    assert [image.name for image in dataset.images] == ["a.png"]
    (bad,) = dataset.unreadable
    assert bad.file == "b.xml"


def test_too_many_objects_are_told_and_left_out() -> None:
    one = b"<object><name>cat</name><bndbox>" + CORNERS + b"</bndbox></object>"
    many = b"<annotation><filename>b.png</filename>" + one * 5_001 + b"</annotation>"
    dataset = read_dataset(from_bytes({"a.xml": VOC % CORNERS, "b.xml": many}))
    assert "5,001 objects" in dataset.unreadable[0].sentence


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.xml")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("../up.xml", b"x")], "outside itself"),
        ([("/etc/up.xml", b"x")], "outside itself"),
        ([("a\\..\\..\\up.xml", b"x")], "outside itself"),
        ([("C:/up.xml", b"x")], "outside itself"),
        ([(link(), b"/etc/passwd")], "holds a link"),
        ([("zeros.json", bytes(30_000_000))], "like a bomb"),
    ],
)
def test_a_hostile_zip_is_not_opened(entries: list[tuple[str, bytes]], words: str) -> None:
    assert words in refused({"set.zip": zipped(*entries)})


def test_a_zip_with_too_many_files_or_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped(*[(f"{n}.xml", b"<annotation/>") for n in range(20)])
    monkeypatch.setattr(sources, "MAX_FILES", 10)
    assert "20 files" in refused({"set.zip": content})
    monkeypatch.setattr(sources, "MAX_FILES", 100)
    monkeypatch.setattr(sources, "MAX_ZIP_BYTES", 100)
    assert "unpacks to" in refused({"set.zip": content})


def test_a_damaged_zip_is_told_file_by_file() -> None:
    content = bytearray(zipped(("a.xml", VOC % CORNERS * 50)))
    content[60:80] = bytes(20)
    assert "damaged" in refused({"set.zip": bytes(content)})
    assert refused({"set.zip": bytes(content[:-30])})


def test_a_json_of_200_mb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(DataError, match="200 MB; at most 100 MB"):
        read_dataset(open_source(path))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (b"a: &a [x, x]\nb: &b [*a, *a]\nnames: [*b, *b]", "a list in place of a class name"),
        (b"names: {0: cat, 1: [dog]}", "a list in place of a class name"),
        (b"names: {-1: cat}", "'-1' as a class number"),
        (b"names: {99999: cat}", "'99999' as a class number"),
        (b"names: {[0]: cat}", "a list in place"),
        (b"names: " + b"[" * 100_000, "not well-formed YAML"),
        (b'names: ["\\UFFFFFFFF"]', "not well-formed YAML"),
        (b"names: [" + b"a," * 11_000 + b"]", "11,000 classes"),
        (b"names: [" + b"a," * 200_000 + b"]", "at most 0.2 MB"),
        (b"names: cat", "no list of class names"),
        (b"--- [a]\n--- [b]", "not well-formed YAML"),
    ],
)
def test_a_yaml_of_odd_names_is_one_sentence(names: bytes, words: str) -> None:
    assert words in refused({"data.yaml": names, "a.txt": LINE, "a.png": PICTURE})
