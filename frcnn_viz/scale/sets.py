"""A set of annotated pictures that a user names becomes references: where each picture is and what is on it."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from fsspec.core import url_to_fs

from frcnn_viz.data.annotations import AnnotatedImage, DataError
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.formats.names import Pictures
from frcnn_viz.data.images import clean_name
from frcnn_viz.data.sources import open_source, suffix
from frcnn_viz.scale.coco_stream import coco_references
from frcnn_viz.scale.found import row_of
from frcnn_viz.scale.parquet_set import parquet_references
from frcnn_viz.scale.rows import REFERENCES
from frcnn_viz.scale.stores import is_address, look_at

AT_ONCE = 4_096
"""Images of a piece."""


def references_of(named: str, pictures: str | None = None, aside: Path | None = None) -> Iterator[pa.Table]:
    """The references of a set, by `rows.REFERENCES`, piece by piece: never a large set at once.

    Args:
        named: a folder of pictures with VOC, COCO, YOLO or CVAT annotations; a COCO file; a Parquet file or a folder of
            them (see `parquet_set`). The files may be anywhere that fsspec opens.
        pictures: the folder or address that holds the pictures a file names; None means the file's own.
        aside: a folder for what does not fit into memory; None means the system's for temporary files.

    Raises:
        DataError: it is none of these.
    """
    path = Path(named)
    if path.is_dir() and not any(path.glob("*.parquet")):
        if pictures is not None:
            raise DataError(f"{named} is a folder, which holds its own pictures; name a COCO or Parquet file instead.")
        return _folder(path)
    if path.is_file() and zipfile.is_zipfile(path):
        raise DataError(f"{named} is a zip; unpack it first, since each picture is opened by its own path.")
    if not is_address(named) and not path.exists():
        raise DataError(f"{named} is not there; check the path.")
    return _files(named, pictures, aside)


def _files(named: str, pictures: str | None, aside: Path | None) -> Iterator[pa.Table]:
    """The references of a COCO file, a Parquet file or a folder of these, wherever fsspec finds it."""
    try:
        store, place = url_to_fs(named if is_address(named) else os.path.abspath(named))
        alone = store.isfile(place)
        files = [place] if alone else sorted(file for file in store.find(place) if suffix(file) == "parquet")
    except Exception as error:  # each store has its own
        raise DataError(f"{named} cannot be opened ({clean_name(str(error), 200)}); check the address.") from error
    if not files or suffix(files[0]) not in ("json", "parquet"):
        raise DataError(f"{named} is no folder of pictures, COCO file or Parquet file; name one of these.")
    if pictures is not None and not is_address(pictures):
        pictures = os.path.abspath(pictures)
    for file in files:
        told = clean_name(file.removeprefix(store._parent(place)).lstrip("/"), 255)
        root = pictures or store.unstrip_protocol(store._parent(file)).removeprefix("file://")
        try:
            with store.open(file) as content:
                if suffix(file) == "json":
                    yield from coco_references(content, told, root, aside)
                else:
                    yield from parquet_references(content, told, root)
        except (DataError, OSError) as error:
            sentence = (
                str(error)
                if isinstance(error, DataError)
                else f"{told} cannot be read ({clean_name(str(error), 120)})."
            )
            if alone:
                raise DataError(sentence) from error
            yield _table([{"image_id": told, "version": "", "objects": [], "tags": [], "problem": sentence}])


def _folder(folder: Path) -> Iterator[pa.Table]:
    """The same images that the app and every command take from a folder, with the same objects, by name."""
    source = open_source(folder)
    dataset = read_dataset(source)
    problems: dict[str | None, str] = {}  # by the picture's file
    alone = [bad for bad in dataset.unreadable if not bad.image]
    by_file = {image.file: image for image in dataset.images if image.file and not image.source}
    listed = Pictures(source)
    rows = []
    for bad in alone:
        picture = listed.find(bad.file, bad.file)
        if picture in by_file and picture not in problems:
            problems[picture] = bad.sentence
        else:
            rows.append({"image_id": bad.file, "version": "", "objects": [], "tags": [], "problem": bad.sentence})
    if rows:
        yield _table(rows)
    root = os.path.abspath(folder)
    for start in range(0, len(dataset.images), AT_ONCE):
        images = dataset.images[start : start + AT_ONCE]
        found = look_at(f"{root}/{image.file}" if image.file else "" for image in images)
        rows = [
            {
                "image_id": image.name,
                "path": picture.path,
                "version": picture.version,
                "objects": [row_of(item) for item in image.objects],
                "tags": [],
                "problem": problems.get(image.file) if image.file else _missing(image),
            }
            for image, picture in zip(images, found, strict=True)
        ]
        yield _table(rows)


def _missing(image: AnnotatedImage) -> str:
    return f"{image.source} annotates {image.name}, which is not among the pictures."


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, REFERENCES)
