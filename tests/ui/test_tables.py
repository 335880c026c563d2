"""How a table's fractions are shown."""

from __future__ import annotations

import math

import pytest

from frcnn_viz.ui.tables import decimals


@pytest.mark.parametrize(
    ("values", "format"),
    [
        ((0.99997, 0.5), "%.4f"),
        ((1.0, 0.12345), "%.4f"),
        ((1.0, 0.25, 2.0), "%.2f"),
        ((1.5, 0.12345), "%.3f"),
        ((41.256, 3.0), "%.2f"),
        ((637.8361, 34.25), "%.1f"),
        ((12345.5, 999.25), "%.1f"),
        ((0.5, math.nan, 0.0, None), "%.1f"),
        ((-41.25, 3.5), "%.2f"),
        ((3.2, 12.0), "%.1f"),
        ((0.4123, 1200.5), None),
        ((3.0, 4.0), None),
        ((3, 4), None),
        ((0.5, "none"), None),
        ((math.nan, None), None),
    ],
)
def test_a_column_has_as_many_decimals_in_each_row(values: tuple, format: str | None) -> None:
    assert decimals([{"a": value} for value in values]) == ({"a": format} if format else {})


def test_a_row_may_lack_a_column() -> None:
    assert decimals([{"a": 0.5625}, {"b": 20.125}]) == {"a": "%.4f", "b": "%.2f"}
