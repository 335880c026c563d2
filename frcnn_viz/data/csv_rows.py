"""Tables with text from outside as CSV: no spreadsheet takes a cell of it for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

ENCODING = "utf-8-sig"
"""By its mark Excel knows that it is UTF-8."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  wide ones are taken too


def write_rows(file: TextIO, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a header and the rows to a file that was opened with `newline=""`."""
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: as_cell(value) for name, value in row.items()} for row in rows)


def csv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The same as a file's content."""
    file = io.StringIO()
    write_rows(file, columns, rows)
    return file.getvalue().encode(ENCODING)


def as_cell(value: Any) -> Any:
    """A text as a cell holds it, no formula and on one line; what is no text as it is."""
    if not isinstance(value, str):
        return value
    text = value.replace("\r", " ")  # which some take for the end of a line, and the csv module does not quote
    return f"'{text}" if value.startswith(_FORMULA) else text
