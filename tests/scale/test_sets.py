"""What a user names becomes the references that the app's own reader would give, and what cannot be used says so."""

from __future__ import annotations

import zipfile
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.sources import open_source
from frcnn_viz.scale.rows import REFERENCES
from frcnn_viz.scale.sets import references_of
from tests.scale.small import drawn, objects_of, rows_of, write_set

OBJECT = {"x0": 1, "y0": 2, "x1": 30, "y1": 40, "label": " a  car "}


def read(named: Path | str, pictures: str | None = None) -> dict[str, dict]:
    return rows_of(references_of(str(named), pictures))


@pytest.mark.parametrize("format", ["voc", "coco", "yolo", "cvat"])
def test_a_folder_gives_what_the_reader_gives(tmp_path: Path, format: str) -> None:
    write_set(tmp_path, 8, format)
    (tmp_path / "alone.png").write_bytes(drawn(0)[0])
    images = read_dataset(open_source(tmp_path)).images
    tables = list(references_of(str(tmp_path)))
    assert all(table.schema == REFERENCES for table in tables)
    rows = rows_of(tables)
    assert list(rows) == [image.name for image in images]
    for image in images:
        row, path = rows[image.name], tmp_path / image.file
        assert objects_of(row) == image.objects
        assert row["path"] == str(path)
        assert row["version"] == f"{path.stat().st_size}-{path.stat().st_mtime_ns}"
        assert row["problem"] is None
    assert rows["alone.png"]["objects"] == []


def test_a_broken_annotation_is_its_pictures_problem(tmp_path: Path) -> None:
    write_set(tmp_path, 4, "voc")
    (tmp_path / "Annotations" / "00001.xml").write_text("<annotation><object>")
    (tmp_path / "Annotations" / "lost.xml").write_text("<annotation><filename>lost.png</filename></annotation>")
    (tmp_path / "Annotations" / "other.xml").write_text("<html/>")
    rows = read(tmp_path)
    assert "not well-formed XML" in rows["00001.png"]["problem"]
    assert rows["00001.png"]["objects"] == []
    assert rows["lost.png"]["path"] is None
    assert "not among the pictures" in rows["lost.png"]["problem"]
    assert "no Pascal VOC annotation" in rows["Annotations/other.xml"]["problem"]
    assert sum(row["problem"] is None for row in rows.values()) == 3


def test_what_is_no_set_is_told_in_a_sentence(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("a.txt", "")
    (tmp_path / "set.txt").write_text("no set")
    (tmp_path / "set.parquet").write_text("no Parquet")
    (tmp_path / "empty").mkdir()
    pq.write_table(pa.table({"file": ["a.png"]}), tmp_path / "pathless.parquet")
    for name, sentence in {
        "set.zip": "unpack it first",
        "set.txt": "no folder of pictures, COCO file or Parquet file",
        "set.parquet": "cannot be read as Parquet",
        "nothing": "is not there",
        "empty": "holds no picture",
        "pathless.parquet": "no column `path`",
    }.items():
        with pytest.raises(DataError, match=sentence):
            read(tmp_path / name)
    with pytest.raises(DataError, match="holds its own pictures"):
        read(tmp_path / "empty", str(tmp_path))
    with pytest.raises(DataError, match="cannot be opened"):
        read("nowhere://set.json")


def test_parquet_gives_objects_ids_and_tags(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(drawn(0)[0])
    crowd = {**OBJECT, "crowd": True}
    table = pa.table(
        {
            "path": [str(tmp_path / "a.png"), "b.png", "c.png", None, "b.png", "../a.png"],
            "image_id": [7, 8, 9, None, 10, 11],
            "objects": [[OBJECT, crowd], [], None, [], [{**OBJECT, "x1": None}], []],
            "camera": ["left", None, "left", " ", "right", None],
            "week": [1, 2, 3, 4, 5, None],
            "raw": [[1], [], [], [], [], []],
        }
    )
    pq.write_table(table, tmp_path / "set.parquet")
    rows = read(tmp_path / "set.parquet")
    assert rows["7"]["path"] == str(tmp_path / "a.png")
    assert rows["8"]["path"] == str(tmp_path / "b.png")
    first, second = objects_of(rows["7"])
    assert (first.box, first.label, first.crowd, second.crowd) == ((1, 2, 30, 40), "a car", False, True)
    assert [dict(row["tags"]) for row in rows.values()] == [
        {"camera": "left", "week": "1"},
        {"week": "2"},
        {"camera": "left", "week": "3"},
        {"week": "4"},
        {"camera": "right", "week": "5"},
        {},
    ]
    assert rows["7"]["problem"] is rows["8"]["problem"] is None
    assert "is not there" in rows["9"]["problem"]
    assert "has no path" in rows["set.parquet, row 3"]["problem"]
    assert "lacks a corner" in rows["10"]["problem"]
    assert "leads nowhere" in rows["11"]["problem"]
    assert rows["10"]["objects"] == []
    assert [row["path"] is None for row in rows.values()] == [False, False, True, True, False, True]


def test_one_bad_file_of_a_folder_does_not_end_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(drawn(0)[0])
    pq.write_table(pa.table({"path": ["a.png"]}), tmp_path / "1.parquet")
    (tmp_path / "2.parquet").write_bytes((tmp_path / "1.parquet").read_bytes()[:-20])
    rows = read(tmp_path)
    assert rows["a.png"]["problem"] is None
    (problem,) = (row["problem"] for row in rows.values() if row["path"] is None)
    assert problem.endswith("write it again.")
    assert read(tmp_path / "1.parquet") == {"a.png": rows["a.png"]}


def test_a_store_is_asked_for_its_pictures(tmp_path: Path) -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/shop/a.png", b"picture")
    pq.write_table(pa.table({"path": ["memory://shop/a.png", "memory://shop/b.png"]}), tmp_path / "set.parquet")
    rows = read(tmp_path / "set.parquet")
    assert rows["memory://shop/a.png"]["path"] == "memory://shop/a.png"
    assert rows["memory://shop/a.png"]["version"].startswith("7-")
    assert "is not there" in rows["memory://shop/b.png"]["problem"]
    store.pipe("/shop/set.parquet", (tmp_path / "set.parquet").read_bytes())
    assert read("memory://shop/set.parquet") == rows
    given = pa.table({"path": ["memory://shop/b.png"], "version": ["3"]})
    pq.write_table(given, tmp_path / "given.parquet")
    row = read(tmp_path / "given.parquet")["memory://shop/b.png"]
    assert (row["version"], row["problem"], row["tags"]) == ("3", None, [])
