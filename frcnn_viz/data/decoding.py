"""Videos are decoded in a process of its own, with bounds on time and memory: a crash or a hang there takes nothing."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from frcnn_viz.data.child import Worker, answer
from frcnn_viz.data.video_facts import PATIENCE, VideoFacts
from frcnn_viz.extras import need

if TYPE_CHECKING:
    from frcnn_viz.data.video import Reader

MODULE = "frcnn_viz.data.decoding"
SECONDS = 30.0
"""That one frame may take, with the start of the process."""
MEMORY = 6 * 2**30
"""Bytes of address space that the process may have, where the system can hold it to that."""


def look(path: Path, name: str = "") -> VideoFacts:
    """As `video.probe`.

    Raises:
        DataError: not one frame can be used, or it crashed.
    """
    return Worker(MODULE).ask((path, name, None, 0), PATIENCE + SECONDS)


class Decoder:
    """The frames of one video, from a process that lives as long as this; for any thread."""

    def __init__(self, path: Path, facts: VideoFacts, name: str = "") -> None:
        self._video, self._worker = (path, name, facts), Worker(MODULE)

    def pixels(self, index: int) -> np.ndarray:
        """Of a frame: uint8 [H, W, 3], RGB.

        Raises:
            DataError: it cannot be had.
        """
        return self._worker.ask((*self._video, index), SECONDS)


@lru_cache(maxsize=1)
def _reader(path: Path, name: str, facts: VideoFacts) -> Reader:
    from frcnn_viz.data.video import Reader

    return Reader(path, facts, name)


def _work(question: tuple[Path, str, VideoFacts | None, int]) -> VideoFacts | np.ndarray:
    need("video")
    from frcnn_viz.data.video import probe

    path, name, facts, index = question
    return probe(path, name) if facts is None else _reader(path, name, facts).frame(index).pixels


if __name__ == "__main__":
    with suppress(ImportError, ValueError, OSError):  # Windows has no such bound
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    answer(_work)
