"""A COCO file read piece by piece gives what `read_coco` gives of it whole; what is odd in it is told, not the end."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frcnn_viz.data.annotations import MAX_OBJECTS, DataError
from frcnn_viz.data.formats.coco import read_coco
from frcnn_viz.scale import coco_stream, spill
from frcnn_viz.scale.coco_stream import coco_references
from frcnn_viz.scale.sets import references_of
from tests.scale.small import objects_of, rows_of, write_json, write_set

IDS = st.integers(-3, 12) | st.integers(-3, 12).map(float) | st.sampled_from(["1", "a", "\ud800", "'1'"])
NUMBERS = st.integers(-(10**400), 10**400) | st.floats(allow_nan=False) | st.integers(-9, 9)
ANNOTATION = {
    "bbox": st.lists(NUMBERS, min_size=4, max_size=4),
    "category_id": IDS | st.none() | st.booleans() | st.just([1]) | st.just({"a": 1}) | st.floats(0, 1),
    "iscrowd": st.sampled_from([0, 1, None, "yes"]),
    "attributes": st.sampled_from([None, {}, {"difficult": True}, {"truncated": 1, "difficult": 0}, []]),
}
CATEGORIES = st.lists(st.fixed_dictionaries({"id": IDS, "name": st.text(max_size=5) | st.none() | st.integers()}))


@st.composite
def coco_files(draw: st.DrawFn) -> dict[str, Any]:
    """Images by ids that differ, annotations of some of them, and categories, in any order."""
    ids = draw(st.lists(IDS, min_size=1, max_size=6, unique=True))
    images = [{"id": number, "file_name": f"{n}.jpg"} for n, number in enumerate(ids)]
    annotation = st.fixed_dictionaries({"image_id": st.sampled_from(ids), **ANNOTATION})
    lists = [
        ("images", images),
        ("annotations", draw(st.lists(annotation, max_size=12))),
        ("categories", draw(CATEGORIES)),
    ]
    return dict(draw(st.permutations(lists)))


def stream(content: Any, folder: Path) -> dict[str, dict]:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return rows_of(coco_references(io.BytesIO(text), "set.json", str(folder)))


@settings(max_examples=25, deadline=None)
@given(coco_files(), st.sampled_from([1, 3, 100]))
def test_it_gives_what_is_read_at_once(content: dict[str, Any], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(coco_stream, "AT_ONCE", at_once)
        patch.setattr(spill, "BUCKETS", 4)
        for image in content["images"]:
            (Path(folder) / image["file_name"]).touch()
        rows = stream(content, Path(folder))
    images, _ = read_coco(json.dumps(content).encode(), "set.json")
    assert {name: repr(objects_of(row)) for name, row in rows.items()} == {
        image.name: repr(image.objects) for image in images
    }
    assert all(row["problem"] is None for row in rows.values())


def test_a_file_by_itself_gives_what_its_folder_gives(tmp_path: Path) -> None:
    dataset = write_set(tmp_path, 9)
    rows = rows_of(references_of(str(tmp_path / "annotations.json"), str(tmp_path / "images")))
    assert rows == rows_of(references_of(str(tmp_path)))
    assert len(rows) == len(dataset.images)


def image(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "file_name": f"{number}.jpg", **more}


def test_plain_fields_of_an_image_are_tags(tmp_path: Path) -> None:
    more = {"camera": "left\n", "gain": 1.5, "night": True, "size": [1], "empty": "", "none": None, "width": 4}
    rows = stream({"images": [image(1, **more)]}, tmp_path)
    assert rows["1.jpg"]["tags"] == [("camera", "left"), ("gain", "1.5"), ("night", "true")]


@pytest.mark.parametrize(
    ("key", "entry", "name", "sentence"),
    [
        ("annotations", {"image_id": 1, "bbox": [1, 2, 3]}, "1.jpg", "annotation 0 has no bbox of four numbers"),
        ("annotations", {"image_id": 1, "bbox": "1234", "id": 5}, "1.jpg", "annotation 5 has no bbox"),
        ("annotations", {"bbox": [1, 2, 3, 4]}, "set.json, annotation 0", "has None as image_id"),
        ("annotations", {"image_id": 4, "bbox": [1, 2, 3, 4]}, "set.json, image 4", "not in its list of images"),
        ("annotations", 7, "set.json, annotation 0", "7 among its annotations is no object"),
        ("images", {"id": 2}, "set.json, image 1", "image 2 has no file_name"),
        ("images", {"file_name": "a.jpg"}, "set.json, image 1", "has None as id"),
        ("images", {"id": 1, "file_name": "b.jpg"}, "b.jpg", "lists image 1 more than once"),
        ("images", {"id": 2, "file_name": "../1.jpg"}, "../1.jpg", "no file within the folder"),
        ("images", {"id": 2, "file_name": "/1.jpg"}, "/1.jpg", "no file within the folder"),
        ("images", {"id": 2, "file_name": "file:///1.jpg"}, "file:///1.jpg", "no file within the folder"),
        ("images", {"id": 2, "file_name": "\ud800.jpg"}, ".jpg", "no file within the folder"),
        ("images", {"id": 2, "file_name": "b.jpg"}, "b.jpg", "is not there"),
    ],
)
def test_an_odd_entry_is_told_and_the_others_are_read(
    tmp_path: Path, key: str, entry: Any, name: str, sentence: str
) -> None:
    for number in (0, 1):
        (tmp_path / f"{number}.jpg").touch()
    good = {"image_id": 0, "category_id": 3, "bbox": [1, 2, 3, 4]}
    content = {"images": [image(1)], "annotations": [], "categories": [{"id": 3, "name": "car"}]}
    content[key].append(entry)
    content["annotations"].append(good)
    content["images"].append(image(0))
    rows = stream(content, tmp_path)
    assert sentence in rows[name]["problem"]
    assert rows[name]["objects"] == []
    assert [name for name, row in rows.items() if row["problem"]] == [name]
    assert [item.label for item in objects_of(rows["0.jpg"])] == ["car"]


def test_an_image_of_too_many_objects_is_not_examined(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").touch()
    boxes = [{"image_id": 1, "bbox": [1, 2, 3, 4]}] * (MAX_OBJECTS + 1)
    row = stream({"images": [image(1)], "annotations": boxes}, tmp_path)["1.jpg"]
    assert "has over 5,000 objects" in row["problem"]
    assert row["objects"] == []


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"images": [{"id": 1', b'{"annotations": []}', b"\xff\xfe\x00"])
def test_what_is_no_coco_file_is_refused(tmp_path: Path, text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "aside"))
    (tmp_path / "aside").mkdir()
    (tmp_path / "set.json").write_bytes(text)
    with pytest.raises(DataError, match=r"set\.json"):
        list(references_of(str(tmp_path / "set.json")))
    assert not any((tmp_path / "aside").iterdir())


def test_many_categories_are_refused(tmp_path: Path) -> None:
    path = write_json(tmp_path / "set.json", {"images": [], "categories": [{"id": n} for n in range(10_002)]})
    with pytest.raises(DataError, match="over 10,000 categories"):
        list(references_of(str(path)))
