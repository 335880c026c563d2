"""What a table holds, as a few digits: the same on every machine and with every version of Arrow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc


def digest(table: pa.Table) -> str:
    """SHA-256 of a table's names, values and nulls, hexadecimal; however its values lie in memory.

    Columns may hold strings, numbers, booleans, and lists, maps and structures of them.
    """
    whole = hashlib.sha256(f"{table.num_rows} {table.column_names}".encode())
    for column in table.columns:
        for part in _parts(column.combine_chunks()):
            whole.update(part)
    return whole.hexdigest()


def _parts(array: pa.Array) -> Iterator[bytes]:
    """Lengths before contents, so that no two arrays of a type give the same bytes."""
    kind = array.type
    yield array.is_valid().to_numpy(zero_copy_only=False).tobytes()
    if pa.types.is_string(kind):
        yield _lengths(pc.binary_length(array))
        yield "".join(array.drop_null().to_pylist()).encode()
    elif pa.types.is_map(kind):
        entry = pa.struct([pa.field("key", kind.key_type, nullable=False), pa.field("value", kind.item_type)])
        yield from _parts(array.cast(pa.list_(entry)))
    elif pa.types.is_list(kind):
        yield _lengths(pc.list_value_length(array))
        yield from _parts(array.flatten())
    elif pa.types.is_struct(kind):
        for field in array.flatten():
            yield from _parts(field)
    else:
        values = pc.fill_null(array, pa.scalar(0).cast(kind)).to_numpy(zero_copy_only=False)
        yield values.astype(values.dtype.newbyteorder("<")).tobytes()


def _lengths(lengths: pa.Array) -> bytes:
    return pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False).astype("<i8").tobytes()
