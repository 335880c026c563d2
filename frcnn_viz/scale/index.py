"""What questions about results are answered from: narrow rows beside the findings, a file a shard, written once.

A finding's row here has no text of its own and no list: its stages alive are the bits of a number, its image is a row
number, and its image's tags are columns. So ten million of them are read in well under a second.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.analysis.waterfall import STAGES, THRESHOLDS
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.statistics import BANDS
from frcnn_viz.scale.rows import BOX, TABLES

FORM = 1
"""Of the index; raised whenever it holds something else."""
FOUND, MISSED, LEFT_OUT, FALSE_ALARM = FATES = ("found", "missed", "left out", "false alarm")
"""What a row counts as: an object that counts, one that is ignored or of an unknown class, or a detection."""
MOST_TAGS = 32
"""Tags that can be asked for; an image may have more."""
WORDS = pa.dictionary(pa.int32(), pa.string())
INDEX = pa.schema(
    [
        ("shard", pa.int32()),
        ("row", pa.int32()),  # of the finding in its file
        ("image", pa.int32()),  # row of the image in its file
        ("number", pa.int32()),
        ("fate", WORDS),
        ("class", WORDS),
        ("verdict", WORDS),
        ("stage", WORDS),
        ("band", WORDS),  # of `BANDS`, by the size in the image
        ("size", pa.float32()),  # as the findings have it, in the network's input
        ("iou", pa.float32()),
        ("score", pa.float32()),
        *((f"alive_{100 * threshold:.0f}", pa.uint16()) for threshold in THRESHOLDS),  # bit s: at stage s
    ]
)
_WANTED = {
    "findings": [name for name in TABLES["findings"].names if not name.startswith("fix") and name != "sentence"],
    "images": ["image_id", "tags"],
}


def tag_column(tag: str) -> str:
    """The column of a tag: of its digest, whatever its name holds."""
    return f"tag_{hashlib.sha256(tag.encode()).hexdigest()[:16]}"


def index_table(shard: int, findings: pa.Table, images: pa.Table) -> pa.Table:
    """The index of a shard, a row a finding in their order; the tags' names are in its metadata.

    Raises:
        DataError: a finding is of no image of these.
    """
    image = pc.index_in(findings["image_id"], images["image_id"].combine_chunks())
    if image.null_count:
        raise DataError("a finding names an image that is not there.")
    corners = (findings[name].to_numpy().astype(np.float64) for name, _ in BOX)
    x0, y0, x1, y1 = corners
    side = np.sqrt(np.clip(x1 - x0, 0, None) * np.clip(y1 - y0, 0, None))
    columns = {
        "shard": np.full(len(findings), shard, np.int32),
        "row": np.arange(len(findings), dtype=np.int32),
        "image": image,
        "number": findings["number"],
        "fate": _fates(findings),
        **{name: findings[name].combine_chunks().dictionary_encode() for name in ("class", "verdict", "stage")},
        "band": _words(list(BANDS), np.digitize(side, [low for low, _ in BANDS.values()][1:])),
        **{name: _finite(findings[name]) for name in ("size", "iou", "score")},
        **_alive(findings["ious"].combine_chunks()),
    }
    tags = images["tags"].combine_chunks()
    names = sorted(filter(None, tags.keys.unique().to_pylist()))[:MOST_TAGS]
    for name in names:
        values = pc.map_lookup(tags, pa.scalar(name, pa.string()), "first")
        columns[tag_column(name)] = values.take(image.combine_chunks()).dictionary_encode()
    fields = [*INDEX, *(pa.field(tag_column(name), WORDS) for name in names)]
    return pa.table(columns, pa.schema(fields, {b"tags": json.dumps(names).encode()}))


def bring_up_to_date(path: Path, shard: int, findings: Path, images: Path) -> tuple[str, ...]:
    """Make sure that a shard's index stands at `path`; the names of its tags.

    Raises:
        DataError: the shard's files are damaged, or hold something else.
    """
    try:
        return tuple(json.loads(pq.read_schema(path).metadata[b"tags"]))
    except (OSError, ValueError, KeyError, TypeError):  # not there, or cut short
        pass
    try:
        made = index_table(shard, _read("findings", findings), _read("images", images))
    except DataError as error:
        raise DataError(f"Shard {shard} is left out: {error}") from error
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise DataError(f"Shard {shard} is left out: {images.name} or what belongs to it is damaged.") from error
    part = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(made, part, compression="lz4")
    os.replace(part, path)
    return tuple(json.loads(made.schema.metadata[b"tags"]))


def _read(table: str, path: Path) -> pa.Table:
    """The columns that the index is made of. Raises DataError where the file holds something else than `TABLES`."""
    if not pq.read_schema(path).equals(TABLES[table]):
        raise DataError(f"{path.name} has other columns.")
    return pq.read_table(path, columns=_WANTED[table])


def _fates(findings: pa.Table) -> pa.DictionaryArray:
    what, verdict = findings["what"], findings["verdict"]
    is_object, is_found = pc.equal(what, "object").to_numpy(), pc.equal(verdict, Verdict.FOUND.value).to_numpy()
    is_miss = pc.is_valid(findings["stage"]).to_numpy()
    is_alarm = pc.equal(what, "false alarm").to_numpy()
    which = np.select([is_alarm, is_object & is_found, is_object & is_miss], [3, 0, 1], 2)
    return _words(list(FATES), which)


def _alive(ious: pa.ListArray) -> dict[str, pa.Array]:
    """Of each threshold the stages alive, uint16 [N]; null where there is no list of all stages."""
    whole = pc.fill_null(pc.equal(pc.list_value_length(ious), len(STAGES)), False).to_numpy(zero_copy_only=False)
    table = ious.filter(pa.array(whole)).flatten().to_numpy(zero_copy_only=False).reshape(-1, len(STAGES))
    columns = {}
    for threshold in THRESHOLDS:
        bits = np.zeros(len(whole), np.uint16)
        bits[whole] = (table >= np.float32(threshold)) @ (1 << np.arange(len(STAGES)))
        columns[f"alive_{100 * threshold:.0f}"] = pa.array(bits, mask=~whole)
    return columns


def _words(words: list[str], which: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(which.astype(np.int32)), pa.array(words))


def _finite(values: pa.ChunkedArray) -> pa.Array:
    numbers = values.to_numpy()
    return pa.array(numbers, pa.float32(), mask=~np.isfinite(numbers))
