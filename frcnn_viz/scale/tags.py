"""What else a set says of its images, as words: camera, week."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from frcnn_viz.data.images import clean_name

MOST = 32
"""Of one image."""
LONGEST = 200
"""Characters of one."""


def tag(value: Any) -> str | None:
    """A plain value as text on one line; None for what is none: a list, an object, nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)[:LONGEST]
    if isinstance(value, str) and value.strip():
        return _clean(value[: 4 * LONGEST])
    return None


def tags_of(item: dict[str, Any], but: frozenset[str]) -> list[tuple[str, str]]:
    """The plain values among a JSON object's members, in their order, without some."""
    found = ((_clean(key[:LONGEST]), tag(value)) for key, value in item.items() if key not in but)
    return list({key: text for key, text in found if text is not None}.items())[:MOST]


@lru_cache(maxsize=10_000)
def _clean(text: str) -> str:
    return clean_name(text, LONGEST)
