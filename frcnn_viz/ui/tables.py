"""Tables whose headers explain themselves on hover, from the word list."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from frcnn_viz.words import Word, words

FAMILIES = ("column", "number", "term", "metric", "loss", "chart")
"""Whose word a header is where several have its name, the first first."""

MANY_SCALES = 1000
"""How many times the least of a column its largest is where they are no longer shown alike."""


def explained_table(rows: Sequence[Mapping[str, Any]], *, beside: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """Show rows by column name.

    Args:
        rows: all with the same columns.
        beside: configuration of columns that do more than explain themselves.
        more: what `st.dataframe` takes.
    """
    config = headings(name for row in rows for name in row)
    for name, format in decimals(rows).items():
        config[name] = st.column_config.NumberColumn(help=config.get(name, {}).get("help"), format=format)
    return st.dataframe(rows, hide_index=True, column_config={**config, **(beside or {})}, **more)


def headings(names: Iterable[str]) -> dict[str, Any]:
    """What those of some column names say on hover that are terms of the list, for `column_config`."""
    known = _by_term()
    return {name: st.column_config.Column(help=known[name].hover) for name in dict.fromkeys(names) if name in known}


def decimals(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Formats by which a column's fractions have as many decimals each, for those that have fractions.

    Four decimals up to 1, one less for each further digit, one at least, and none that all values lack. A column whose
    values are of several scales has no format: it is Streamlit's to show.
    """
    formats = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row[name] for row in rows if row.get(name) is not None]
        sizes = [abs(value) for value in values if isinstance(value, float) and math.isfinite(value) and value]
        if any(isinstance(value, str) for value in values) or all(size.is_integer() for size in sizes):
            continue
        most, least = max(sizes), min(sizes)
        if most <= 1 or most <= MANY_SCALES * least:
            known = next(n for n in range(5) if n == 4 or all(round(size, n) == size for size in sizes))
            room = 4 if most <= 1 else max(1, 4 - len(str(int(most))))
            formats[name] = f"%.{min(known, room)}f"
    return formats


@cache
def _by_term() -> dict[str, Word]:
    place = {family: number for number, family in enumerate(FAMILIES)}
    ranked = sorted(words().values(), key=lambda one: place.get(one.key.partition(".")[0], len(place)))
    return {one.term: one for one in reversed(ranked)}
