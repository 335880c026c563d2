"""Broken and hostile annotations: one sentence each, in bounded time; the good files beside them are read."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frcnn_viz.data import sources
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.sources import from_bytes, open_source

VOC = b"<annotation><filename>a.png</filename><object><name>cat</name><bndbox>%s</bndbox></object></annotation>"
CORNERS = b"<xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax>"
BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "%s"><!ENTITY y "&x;&x;&x;&x;">]><annotation>&y;</annotation>"""
    % (b"x" * 50)
)
EXTERNAL = (
    b"""<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><filename>&x;</filename></annotation>"""
)


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
        ("a.xml", b"<annotation><object>", "not well-formed XML"),
        ("a.xml", b"\xff\xfe\x00garbage", "not well-formed XML"),
        ("a.xml", b"<html/>", "starts with <html>"),
        ("a.xml", VOC % b"<xmin>one</xmin>", "'one' as xmin of object 0 (cat)"),
        ("a.xml", VOC % b"<xmin>1</xmin>", "nothing as ymin"),
        ("a.xml", b"<annotation><object/></annotation>", "object 0 has no class name"),
        ("a.xml", b"<annotations><meta/><image/></annotations>", "without a name"),
        ("a.xml", b"<annotations><meta/><track/></annotations>", "CVAT for video"),
        ("a.json", b"{", "not well-formed JSON"),
        ("a.json", b"[" * 100_000, "not well-formed JSON"),
        ("a.json", b"[]", "no list of images"),
        ("a.json", b'{"images": [{"id": 1}]}', "image 1 has no file_name"),
        ("a.json", b'{"images": [{"id": [1], "file_name": "a"}]}', "id is [1]"),
        ("a.json", b'{"images": [], "annotations": [3]}', "not a list of objects"),
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


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "file_name", "bbox"]), inner),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({"images": json_values, "annotations": json_values, "categories": json_values}))
def test_any_json_is_read_or_refused_in_a_sentence(content: dict) -> None:
    assert "\n" not in said_of({"a.json": json.dumps(content).encode()})


def test_numbers_that_are_none_are_kept_for_the_checks() -> None:
    huge = b"<xmin>nan</xmin><ymin>-inf</ymin><xmax>1e400</xmax><ymax>1e30</ymax>"
    (image,) = read_dataset(from_bytes({"a.xml": VOC % huge})).images
    assert not image.objects[0].usable


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


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


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


def test_a_zip_of_a_set_reads_like_its_folder(tmp_path: Path) -> None:
    content = zipped(("set/a.xml", VOC % CORNERS), ("__MACOSX/set/._a.xml", b"litter"))
    path = tmp_path / "set.zip"
    path.write_bytes(content)
    assert read_dataset(open_source(path)).images == read_dataset(from_bytes({"set.zip": content})).images
    assert read_dataset(open_source(path)).unreadable == ()
