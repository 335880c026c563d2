"""Rows laid aside on disk in buckets, so that a set larger than memory is worked on a bucket at a time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

BUCKETS = 256
"""A power of two, as shards are."""


class Spill:
    """Rows of one schema in `buckets` buckets, each in the order in which its rows came."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self._folder, self._schema, self.buckets = folder, schema, BUCKETS
        folder.mkdir(parents=True)

    def add(self, rows: pa.Table, buckets: np.ndarray) -> None:
        """Lay rows aside, each in its bucket: int [N]."""
        order = np.argsort(buckets, kind="stable")
        rows = rows.take(order).combine_chunks()
        ends = np.searchsorted(buckets[order], np.arange(self.buckets + 1)).tolist()
        for bucket, (start, end) in enumerate(pairwise(ends)):
            if end > start:
                # Files stay closed between times: there are more of them than some systems let be open.
                with self._path(bucket).open("ab") as file, pa.ipc.new_stream(file, self._schema) as stream:
                    stream.write_table(rows.slice(start, end - start))

    def read(self, bucket: int) -> pa.Table:
        """The rows of a bucket."""
        tables = [self._schema.empty_table()]
        if self._path(bucket).is_file():
            with self._path(bucket).open("rb") as file:
                size = self._path(bucket).stat().st_size
                while file.tell() < size:
                    with pa.ipc.open_stream(file) as stream:
                        tables.append(stream.read_all())
        return pa.concat_tables(tables)

    def _path(self, bucket: int) -> Path:
        return self._folder / f"{bucket:03d}.arrows"
