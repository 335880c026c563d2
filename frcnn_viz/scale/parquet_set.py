"""Parquet files that list pictures become references, batch by batch.

    path       a path or address; relative ones lie within the folder of the pictures
    image_id   text or a number, the image's own; its path where there is none
    objects    a list of structures: x0, y0, x1, y1, label; crowd, difficult, truncated where there are any
    version    of the picture; where it stands, no store is asked whether the picture is there

Every other column of plain values becomes a tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from frcnn_viz.data.annotations import FLAGS, MAX_OBJECTS, UNNAMED, DataError, clean_class
from frcnn_viz.data.images import clean_name
from frcnn_viz.scale.rows import BOX, OBJECT, REFERENCES
from frcnn_viz.scale.stores import Picture, is_address, look_at, within
from frcnn_viz.scale.tags import LONGEST, MOST

ROWS = 8_192
"""Of a batch."""
OWN = ("path", "image_id", "objects", "version")


def parquet_references(content: BinaryIO, file: str, pictures: str) -> Iterator[pa.Table]:
    """The references of a Parquet file, by `rows.REFERENCES`.

    Args:
        content: the file, open.
        file: what messages call it.
        pictures: the folder or address within which relative paths lie.

    Raises:
        DataError: it is no Parquet file to its end, or has no such columns.
    """
    try:
        opened = pq.ParquetFile(content)
        if "path" not in opened.schema_arrow.names:
            raise DataError(f"{file} has no column `path`, which is to hold each picture's path or address.")
        first = 0
        for batch in opened.iter_batches(ROWS):
            batch.validate(full=True)  # text that is none
            yield _references(batch, file, first, pictures)
            first += len(batch)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{file} cannot be read as Parquet ({clean_name(str(error), 120)}); write it again.") from error


def _references(batch: pa.RecordBatch, file: str, first: int, pictures: str) -> pa.Table:
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    told = _text(columns["path"], "path", file).to_pylist()
    names = [clean_name(path, 1_000) if path else f"{file}, row {first + row}" for row, path in enumerate(told)]
    if "image_id" in columns:
        ids = _text(columns["image_id"], "image_id", file).to_pylist()
        names = [clean_name(own, 1_000) if own else name for own, name in zip(ids, names, strict=True)]
    paths = [path if path and _stands_alone(path) else within(pictures, path or "") for path in told]
    found = look_at((path or "" for path in paths), versions="version" not in columns)
    if "version" in columns:
        versions = _text(columns["version"], "version", file).to_pylist()
        found = [one._replace(version=given or "") for one, given in zip(found, versions, strict=True)]
    objects, problems = _objects(columns.get("objects"), names, file)
    for row, path in enumerate(paths):
        if path is None:
            found[row] = Picture(None)
            why = "has no path" if not told[row] else f"has {clean_name(told[row])!r} as a path, which leads nowhere"
            problems[row] = f"{file}: row {first + row} {why}."
    problems = [problem or picture.problem for problem, picture in zip(problems, found, strict=True)]
    tags = {name: column for name, column in columns.items() if name not in OWN}
    return pa.table(
        {
            "image_id": names,
            "path": [picture.path for picture in found],
            "version": [picture.version for picture in found],
            "objects": objects,
            "tags": _tags(tags, len(batch)),
            "problem": problems,
        },
        REFERENCES,
    )


def _stands_alone(path: str) -> bool:
    return is_address(path) or path.startswith("/")


def _text(column: pa.Array, name: str, file: str) -> pa.Array:
    try:
        return column.cast(pa.string())
    except pa.ArrowException as error:
        raise DataError(f"{file}: column `{name}` holds {column.type}, not text.") from error


def _objects(column: pa.Array | None, names: list[str], file: str) -> tuple[pa.Array, list[str | None]]:
    """The objects of each row, and what is wrong with them; a row of which something is has none."""
    problems: list[str | None] = [None] * len(names)
    if column is None:
        return pa.array([[]] * len(names), pa.list_(OBJECT)), problems
    kind = column.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not pa.types.is_struct(kind.value_type):
        raise DataError(f"{file}: column `objects` holds {str(kind)[:80]}, no list of structures.")
    counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy()  # [rows]
    rows = np.repeat(np.arange(len(names)), counts)  # [objects]
    fields = _fields(column.flatten(), file)
    lacking = np.zeros(len(rows), bool)
    for field in fields:
        lacking |= ~field.is_valid().to_numpy(zero_copy_only=False)
    for row in np.unique(rows[lacking]).tolist():
        problems[row] = f"{file}: an object of {names[row]} lacks a corner or its label."
    for row in np.flatnonzero(counts > MAX_OBJECTS).tolist():
        problems[row] = f"{names[row]} has {counts[row]:,} objects; at most {MAX_OBJECTS:,} can be shown."
    good = np.array([problem is None for problem in problems], bool)
    kept = pa.StructArray.from_arrays(fields, fields=list(OBJECT)).filter(good[rows])
    offsets = np.concatenate([[0], np.cumsum(np.where(good, counts, 0))]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, kept), problems


def _fields(objects: pa.StructArray, file: str) -> list[pa.Array]:
    """The columns of `OBJECT`; null where a value that must stand does not."""
    parts = dict(zip((field.name for field in objects.type), objects.flatten(), strict=True))
    lacks = [name for name, _ in (*BOX, ("label", None)) if name not in parts]
    if lacks:
        raise DataError(f"{file}: the objects have no {', '.join(lacks)}.")
    try:
        fields = {field.name: parts[field.name].cast(field.type) for field in OBJECT if field.name in parts}
    except pa.ArrowException as error:
        raise DataError(f"{file}: corners are numbers, labels text and flags true or false ({error}).") from error
    for name in FLAGS:
        unset = pa.scalar(False)
        fields[name] = pc.fill_null(fields[name], unset) if name in fields else pa.repeat(unset, len(objects))
    fields["label"] = _each(fields["label"], lambda name: clean_class(name) or UNNAMED)
    return [fields[field.name] for field in OBJECT]


def _tags(columns: dict[str, pa.Array], rows: int) -> pa.Array:
    """For each row, the names and values of the columns that hold something plain there."""
    texts = {}
    for name, column in columns.items():
        with suppress(pa.ArrowException):  # what is not plain
            texts[clean_name(name)] = _each(column.cast(pa.string()), _tag)
        if len(texts) == MOST:
            break
    if not texts:
        return pa.array([[]] * rows, REFERENCES.field("tags").type)
    by_row = np.arange(len(texts) * rows).reshape(len(texts), rows).T.ravel()
    values = pa.concat_arrays(list(texts.values())).take(by_row)
    held = values.is_valid().to_numpy(zero_copy_only=False)  # [rows * columns]
    keys = pa.array(list(texts), pa.string()).take(np.tile(np.arange(len(texts)), rows)[held])
    offsets = np.concatenate([[0], np.cumsum(held.reshape(rows, -1).sum(1))]).astype(np.int32)
    return pa.MapArray.from_arrays(offsets, keys, values.drop_null())


def _tag(text: str) -> str | None:
    return clean_name(text, LONGEST) if text.strip() else None


def _each(texts: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """Each text changed; the many that are the same are changed once."""
    coded = texts.dictionary_encode()
    return pa.array(map(change, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)
