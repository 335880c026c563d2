"""Text files that name pictures of a set, a line each, as splits are handed round."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from frcnn_viz.data.annotations import AnnotatedImage, DataError

MOST_BYTES = 10_000_000
"""Of a list."""


def read_list(path: Path, images: Sequence[AnnotatedImage]) -> tuple[list[AnnotatedImage], list[str]]:
    """The images that a list names, in their own order, and the lines that name none of them.

    A line is a file of the set, its name, or that without the ending; VOC's lists of one class have a number behind.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            lines = file.read(MOST_BYTES).decode("utf-8", "replace").splitlines()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the path of the list.") from error
    places: dict[str, set[int]] = {}
    for place, image in enumerate(images):
        for name in filter(None, (image.file, image.name)):
            for known in {name, PurePosixPath(name).name, PurePosixPath(name).stem}:
                places.setdefault(known, set()).add(place)
    chosen: set[int] = set()
    strange = []
    for line in dict.fromkeys(filter(None, map(str.strip, lines))):
        found = places.get(line) or places.get(line.split()[0])
        if found is None:
            strange.append(line)
        else:
            chosen |= found
    return [images[place] for place in sorted(chosen)], strange
