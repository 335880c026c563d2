"""Which picture an annotation means, though folders and endings often differ."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from pathlib import PurePosixPath

from frcnn_viz.data.sources import Source

Parts = tuple[str, ...]
DEPTH = 8
"""Folders above a picture that can tell it from another of its name."""


class Pictures:
    """The pictures of a source, found by the names that annotations give them.

    Indexed once by each end of their paths, since a set may hold thousands of one name, each in its own folder.
    """

    def __init__(self, source: Source) -> None:
        self._by_end: dict[tuple[Parts, str | None], list[tuple[Parts, str]]] = defaultdict(list)
        for whole, name in sorted((_parts(name), name) for name in source.images):
            end, suffix = _end(whole)
            for length in range(1, len(end) + 1):
                self._by_end[end[:length], suffix].append((whole, name))
                self._by_end[end[:length], None].append((whole, name))

    def find(self, wanted: str, near: str = "") -> str | None:
        """The picture called `wanted`, or None; of several, the one whose path ends most like it, then of the same
        ending, then beside `near`.

        Folders and the ending may differ: annotation tools write absolute paths, and converters change `.png`.
        """
        end, suffix = _end(_parts(wanted.replace("\\", "/")))
        for length in range(len(end), 0, -1):
            found = self._by_end.get((end[:length], suffix)) or self._by_end.get((end[:length], None))
            if found:
                return _nearest(found, _parts(near))
        return None


def _nearest(found: list[tuple[Parts, str]], near: Parts) -> str:
    """Of sorted paths, the one that shares the most folders with `near`: a neighbour of its place among them."""
    place = bisect_left(found, (near, ""))
    return max(found[max(place - 1, 0) : place + 1], key=lambda one: _common(one[0], near))[1]


def _end(parts: Parts) -> tuple[Parts, str]:
    """The last parts, the last first and without its ending; and that."""
    last = PurePosixPath(parts[-1] if parts else "")
    return (last.stem, *parts[-2 : -2 - DEPTH : -1]), last.suffix


def _parts(name: str) -> Parts:
    return PurePosixPath(name.lower()).parts


def _common(one: Parts, other: Parts) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
