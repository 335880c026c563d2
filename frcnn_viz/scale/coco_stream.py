"""A COCO file of any length becomes references: read once, entry by entry, and joined on disk.

Entries are read as `formats.coco` reads them. Images and annotations are laid aside in buckets by the image's id, so
that what belongs together lies together, whichever comes first in the file; then each bucket is joined by itself.
What is no image or annotation does not end it: it is a reference that says so, or its image's does.
"""

from __future__ import annotations

import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from frcnn_viz.data.annotations import FLAGS, UNNAMED, DataError, clean_class
from frcnn_viz.data.formats.bounded import CHUNK, MAX_CLASSES, stream_json
from frcnn_viz.data.formats.coco_entries import (
    Id,
    annotated_image,
    annotation_entry,
    category_entry,
    image_entry,
    label_of,
    shown,
)
from frcnn_viz.data.images import clean_name
from frcnn_viz.scale.coco_join import ANNOTATED, LISTED, join
from frcnn_viz.scale.spill import Spill
from frcnn_viz.scale.stores import within
from frcnn_viz.scale.tags import tags_of

MOST = 2_000_000_000
"""Entries of a file."""
AT_ONCE = 100_000
"""Entries that are held in memory before they are laid aside."""
NO_TAGS = frozenset({"id", "file_name", "width", "height"})


def coco_references(content: BinaryIO, file: str, pictures: str, aside: Path | None = None) -> Iterator[pa.Table]:
    """The references of a COCO file, by `rows.REFERENCES`; a table a bucket.

    Args:
        content: the file, open.
        file: what messages call it.
        pictures: the folder or address within which its images' file names lie.
        aside: a folder for what is laid aside, about half as large as the file; None means the system's.

    Raises:
        DataError: it is no COCO file, or no JSON to its end.
    """
    with tempfile.TemporaryDirectory(prefix="frcnn-viz-coco-", dir=aside) as place:
        entries = _Aside(Path(place), file, pictures)
        entries.read(content)
        labels = entries.labels
        for listed, annotated in zip(entries.listed.read(), entries.annotated.read(), strict=True):
            if listed or annotated:
                yield join(listed, annotated, labels, file)


class _Aside:
    """A file's entries laid aside by image."""

    def __init__(self, place: Path, file: str, pictures: str) -> None:
        self._file, self._pictures = file, pictures
        self.listed = _Rows(Spill(place / "images", LISTED), LISTED)
        self.annotated = _Rows(Spill(place / "annotations", ANNOTATED), ANNOTATED)
        self._names: dict[Id, str] = {}
        self._places: dict[tuple[type, Any], int] = {}
        self._categories: list[Any] = []

    @property
    def labels(self) -> pa.Array:
        """The class of each category that annotations name, by its place."""
        named = (label_of(category, self._names) for category in self._categories)
        return pa.array([clean_class(name) or UNNAMED for name in named], pa.string())

    def read(self, content: BinaryIO) -> None:
        """Lay every entry aside."""
        counts, is_coco = Counter(), False
        for key, item in stream_json(iter(partial(content.read, CHUNK), b""), self._file, MOST):
            if key not in ("images", "annotations", "categories") or item is None:
                continue
            is_coco |= key == "images"
            if item == ():
                continue
            number = counts[key]
            counts[key] += 1
            try:
                if not isinstance(item, dict):
                    raise DataError(f"{self._file}: {shown(item)} among its {key} is no object.")
                if key == "images":
                    self._image(item)
                elif key == "annotations":
                    self._annotation(item, number)
                else:
                    self._category(item)
            except DataError as error:
                if key == "categories":  # what every label depends on
                    raise
                name = f"{key[:-1]} {number}"  # which is the key of no image
                self.listed.add((name, f"{self._file}, {name}", None, [], str(error)))
        if not is_coco:
            raise DataError(f"{self._file} is no COCO file: it has no list of images.")

    def _image(self, item: dict[str, Any]) -> None:
        number, name, _, _ = image_entry(item, self._file)
        path, problem = within(self._pictures, name), None
        if path is None:
            problem = f"{self._file} names {shown(name)}, which is no file within the folder of its pictures."
        self.listed.add((_key(number), clean_name(name, 255), path, tags_of(item, NO_TAGS), problem))

    def _annotation(self, item: dict[str, Any], index: int) -> None:
        key = _key(annotated_image(item, index, self._file))
        try:
            box, category, flags = annotation_entry(item, index, self._file)
        except DataError as error:
            self.annotated.add((key, *(None,) * (len(ANNOTATED) - 2), str(error)))
            return
        mark = (type(category), None if isinstance(category, list | dict) else category)
        place = self._places.get(mark)
        if place is None:
            place = self._places[mark] = len(self._categories)
            self._categories.append(type(category)() if mark[1] is None and category is not None else category)
            self._expect_few(place)
        self.annotated.add((key, *box, place, *(flags[name] for name in FLAGS), None))

    def _category(self, item: dict[str, Any]) -> None:
        number, name = category_entry(item, self._file)
        self._names[number] = name
        self._expect_few(len(self._names))

    def _expect_few(self, categories: int) -> None:
        if categories > MAX_CLASSES:
            raise DataError(f"{self._file} has over {MAX_CLASSES:,} categories; at most so many can be read.")


class _Rows:
    """Rows, their key first, on their way to a spill."""

    def __init__(self, spill: Spill, schema: pa.Schema) -> None:
        self._spill, self._schema = spill, schema
        self._rows: list[tuple] = []

    def add(self, row: tuple) -> None:
        self._rows.append(row)
        if len(self._rows) >= AT_ONCE:
            self._lay_aside()

    def read(self) -> Iterator[pa.Table]:
        """The rows of each bucket in turn, once all were added."""
        self._lay_aside()
        return map(self._spill.read, range(self._spill.buckets))

    def _lay_aside(self) -> None:
        if self._rows:
            buckets = np.array([zlib.crc32(row[0].encode()) % self._spill.buckets for row in self._rows])
            columns = zip(zip(*self._rows, strict=True), self._schema, strict=True)
            self._spill.add(pa.table([pa.array(v, field.type) for v, field in columns], self._schema), buckets)
            self._rows.clear()


def _key(number: Id) -> str:
    """Equal for ids that are equal; a word is none of the numbers."""
    return ascii(number) if isinstance(number, str) else str(int(number))
