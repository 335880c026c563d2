"""A set of annotated pictures that a user names becomes references: where each picture is and what is on it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa


def references_of(named: str, pictures: str | None = None) -> Iterator[pa.Table]:
    """The references of a set, by `rows.REFERENCES`, piece by piece: never a large set at once.

    Args:
        named: a folder of pictures with VOC, COCO, YOLO or CVAT annotations; a COCO file; a Parquet file or a folder of
            them, or the address of one that fsspec opens.
        pictures: the folder or address that holds a COCO file's pictures; None means the file's own.

    Raises:
        DataError: it is none of these.
    """
    raise NotImplementedError
