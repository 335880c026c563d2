"""How large a picture may be, and what it may be called: of photographs and of a video's frames alike."""

from __future__ import annotations

import unicodedata

MAX_PIXELS = 40_000_000
MAX_SIDE = 20_000


def clean_name(name: str, most: int = 80) -> str:
    """A file name without control characters, at most 80 characters."""
    kept = "".join(c for c in name[: 4 * most] if unicodedata.category(c)[0] != "C").strip()
    return kept[:most] or "the picture"
