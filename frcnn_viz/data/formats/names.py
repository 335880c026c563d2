"""Which picture an annotation means, though folders and endings often differ."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath

from frcnn_viz.data.sources import Source


class Pictures:
    """The pictures of a source, found by the names that annotations give them."""

    def __init__(self, source: Source) -> None:
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for name in source.images:
            self._by_stem[PurePosixPath(name).stem.lower()].append(name)

    def find(self, wanted: str, near: str = "") -> str | None:
        """The picture called `wanted`, or None; of several, the one whose path agrees most with it, then with `near`.

        Folders and the ending may differ: annotation tools write absolute paths, and converters change `.png`.
        """
        path = PurePosixPath(wanted.replace("\\", "/"))
        candidates = self._by_stem.get(path.stem.lower(), [])

        def agreement(name: str) -> tuple[int, bool, int, str]:
            own = PurePosixPath(name)
            return (
                _common(own.parts[::-1], path.parts[::-1]),
                own.suffix.lower() == path.suffix.lower(),
                _common(own.parts, PurePosixPath(near).parts),
                name,
            )

        return max(candidates, key=agreement, default=None)


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a.lower() != b.lower():
            break
        count += 1
    return count
