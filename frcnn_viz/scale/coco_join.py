"""The images of a COCO file and its annotations, as they were laid aside, become references."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from frcnn_viz.data.annotations import FLAGS, MAX_OBJECTS
from frcnn_viz.scale.rows import BOX, OBJECT, REFERENCES
from frcnn_viz.scale.stores import look_at

LISTED = pa.schema(
    [
        ("key", pa.string()),  # the image's id in the file
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("tags", pa.map_(pa.string(), pa.string())),
        ("problem", pa.string()),
    ]
)
ANNOTATED = pa.schema(
    [
        ("key", pa.string()),  # its image's
        *BOX,
        ("category", pa.int32()),  # its place among the different ones that annotations name
        *((name, pa.bool_()) for name in FLAGS),
        ("problem", pa.string()),
    ]
)


def join(listed: pa.Table, annotated: pa.Table, labels: pa.Array, file: str) -> pa.Table:
    """The references of some images, by `rows.REFERENCES`, and of those that are annotated but not listed.

    Args:
        listed: images, by `LISTED`.
        annotated: all their annotations, by `ANNOTATED`, in the file's order.
        labels: the class of each category, by its place.
        file: what messages call the file.
    """
    known = pc.is_in(annotated["key"], listed["key"].combine_chunks())
    strange = pc.unique(annotated["key"].filter(pc.invert(known))).to_pylist()
    listed = pa.concat_tables([listed, pa.Table.from_pylist([_not_listed(key, file) for key in strange], LISTED)])
    keys = listed["key"].combine_chunks()
    place = pc.index_in(annotated["key"], keys).to_numpy()  # [annotations], the first image of that id
    found = look_at(path or "" for path in listed["path"].to_pylist())
    problems = listed["problem"].to_pylist()
    for again in np.flatnonzero(pc.index_in(keys, keys).to_numpy() != np.arange(len(keys))).tolist():
        problems[again] = problems[again] or f"{file} lists image {keys[again]} more than once."
    for bad in np.flatnonzero(annotated["problem"].is_valid().to_numpy()).tolist():
        problems[place[bad]] = problems[place[bad]] or annotated["problem"][bad].as_py()
    for many in np.flatnonzero(np.bincount(place, minlength=len(keys)) > MAX_OBJECTS).tolist():
        problems[many] = problems[many] or f"{listed['image_id'][many]} has over {MAX_OBJECTS:,} objects."
    problems = [problem or picture.problem for problem, picture in zip(problems, found, strict=True)]
    good = np.array([problem is None for problem in problems], bool)
    columns = {
        "image_id": listed["image_id"],
        "path": [picture.path for picture in found],
        "version": [picture.version for picture in found],
        "objects": _objects(annotated, labels, place, good),
        "tags": listed["tags"],
        "problem": problems,
    }
    return pa.table(columns, REFERENCES)


def _objects(annotated: pa.Table, labels: pa.Array, place: np.ndarray, good: np.ndarray) -> pa.Array:
    """The objects of each image whose annotations can be used; none of the others'."""
    used = np.flatnonzero(good[place])
    used = used[np.argsort(place[used], kind="stable")]
    rows = annotated.take(used).combine_chunks()
    columns = {**{name: rows[name] for name in rows.column_names}, "label": labels.take(rows["category"])}
    fields = [columns[field.name].combine_chunks() for field in OBJECT]
    counts = np.bincount(place[used], minlength=len(good))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(fields, fields=list(OBJECT)))


def _not_listed(key: str, file: str) -> dict[str, Any]:
    problem = f"{file} annotates image {key[:40]}, which is not in its list of images."
    return {"key": key, "image_id": f"{file}, image {key[:40]}", "tags": [], "problem": problem}
