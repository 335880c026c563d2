"""Broken and hostile annotations: one sentence each, in bounded time; the good files beside them are read."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from frcnn_viz.data import sources
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.checks import Kind, check
from frcnn_viz.data.formats import bounded, read_dataset
from frcnn_viz.data.formats.coco import write_coco
from frcnn_viz.data.formats.names import Pictures
from frcnn_viz.data.formats.read import picture_size
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


DEFAULTS = b'<!DOCTYPE annotation [<!ATTLIST a b CDATA "more of little">]><annotation><a/></annotation>'


def picture(width: int = 8, height: int = 8, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG", **options)
    return buffer.getvalue()


PICTURE = picture()


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


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "file_name", "bbox"]), inner),
    max_leaves=8,
)


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


LINE = b"0 0.5 0.5 0.5 0.5\n"


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le"])
def test_json_is_read_in_pieces_as_if_it_were_whole(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [{"id": n, "file_name": f"Bild \u00e4\U0001f600 {n}.png", "width": n + 10} for n in range(12)]
    boxes = [[1.25, 2e1, 123456789, 4], [0, -0.5, 1e-3, 7]]
    notes = [
        {"image_id": n, "category_id": 1, "bbox": box, "note": ["]", {"a": '"}'}]} for n in range(12) for box in boxes
    ]
    content = {
        "info": {},
        "x": 12.5,
        "licenses": [],
        "images": images,
        "annotations": notes,
        "y": [1, [2], "z"],
        "z": 345,
    }
    text = json.dumps({**content, "categories": [{"id": 1, "name": "cat"}]}, ensure_ascii=False, indent=1)
    whole = list(bounded.read_json(text.encode(encoding), "a.json"))
    assert [item for key, item in whole if key == "images"] == images
    assert [item for key, item in whole if key == "annotations"] == notes
    assert [item for key, item in whole if key in "xyz"] == [12.5, 1, [2], "z", 345]
    for size in (1, 3, 7, 64):
        monkeypatch.setattr(bounded, "CHUNK", size)
        assert list(bounded.read_json(text.encode(encoding), "a.json")) == whole


@given(st.dictionaries(st.text(max_size=4), st.lists(json_values, max_size=3) | json_values, max_size=4))
def test_json_in_pieces_agrees_with_the_library(content: dict) -> None:
    text = json.dumps(content)
    assert json.dumps(json.loads(text)) == json.dumps(content)
    back: dict = {}
    for key, item in bounded.read_json(text.encode(), "a.json"):
        back.setdefault(key, []).append(item)
    expected = {key: (value or [()]) if isinstance(value, list) else [value] for key, value in content.items()}
    assert repr(back) == repr(expected)


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
