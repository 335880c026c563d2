"""A table that others gave text to, in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from frcnn_viz.data.csv_rows import ENCODING, csv_bytes


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "＝1", "Ada", "", "a=1"])  # noqa: RUF001
def test_a_cell_is_text(text: str) -> None:
    (row,) = csv.DictReader(
        io.StringIO(csv_bytes(["name", "n"], [{"name": text, "n": -1}]).decode(ENCODING), newline="")
    )
    assert row == {"name": text if text[:1] in ("", "A", "a") else f"'{text}", "n": "-1"}


def test_no_cell_begins_a_line_of_its_own() -> None:
    content = csv_bytes(["name", "n"], [{"name": "Ada\r=1+1", "n": 0}, {"name": "\r=1", "n": 0}]).decode(ENCODING)
    assert content == "name,n\nAda =1+1,0\n' =1,0\n"
