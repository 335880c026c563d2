"""Tables whose headers explain themselves on hover, from the word list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from frcnn_viz.words import Word, words

FAMILIES = ("column", "number", "term", "metric", "loss", "chart")
"""Whose word a header is where several have its name, the first first."""


def explained_table(rows: Sequence[Mapping[str, Any]], *, beside: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """Show rows by column name.

    Args:
        rows: all with the same columns.
        beside: configuration of columns that do more than explain themselves.
        more: what `st.dataframe` takes.
    """
    config = headings(name for row in rows for name in row)
    return st.dataframe(rows, hide_index=True, column_config={**config, **(beside or {})}, **more)


def headings(names: Iterable[str]) -> dict[str, Any]:
    """What those of some column names say on hover that are terms of the list, for `column_config`."""
    known = _by_term()
    return {name: st.column_config.Column(help=known[name].hover) for name in dict.fromkeys(names) if name in known}


@cache
def _by_term() -> dict[str, Word]:
    place = {family: number for number, family in enumerate(FAMILIES)}
    ranked = sorted(words().values(), key=lambda one: place.get(one.key.partition(".")[0], len(place)))
    return {one.term: one for one in reversed(ranked)}
