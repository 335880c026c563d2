"""Who of a class is here, and where: kept in the server's memory alone, and forgotten with it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from frcnn_viz.classroom.rules import MOST_VISITORS

HERE_SECONDS = 30
"""After which one whose browser asked for nothing is no longer here."""


@dataclass(frozen=True)
class Place:
    """What a visitor looks at.

    Attributes:
        page: its name. picture: its key. lesson, stage, question: of the one that is open, the question counted from 0;
            empty where none is.
    """

    page: str
    picture: str
    lesson: str = ""
    stage: str = ""
    question: int = 0


class Roll:
    """Visitors by the name of their folder, and what is known of them since the server began."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[float, Place | None]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, name: str, place: Place | None = None) -> None:
        """A visitor is here now; without a place, where they were."""
        with self._lock:
            _, before = self._seen.pop(name, (0.0, None))
            self._seen[name] = time.time(), place or before
            while len(self._seen) > MOST_VISITORS:
                self._seen.popitem(last=False)

    def when(self, name: str) -> float:
        """When a visitor was here last, in seconds since 1970; 0 where that was before the server began."""
        return self._seen.get(name, (0.0, None))[0]

    def place(self, name: str) -> Place | None:
        """Where a visitor was last."""
        return self._seen.get(name, (0.0, None))[1]

    def is_here(self, name: str) -> bool:
        """Whether a visitor's browser asked for something in the last half minute."""
        return time.time() - self.when(name) < HERE_SECONDS
