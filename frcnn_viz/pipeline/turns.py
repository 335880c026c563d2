"""Taking turns on a device: whoever asked first works first, one at a time, whatever the number of sessions."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Turns:
    """A lock that is given in the order it was asked for; the thread that holds it may take it again."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._holder: int | None = None

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for one's turn, and pass it on at the end."""
        me = threading.get_ident()
        if self._holder == me:
            yield
            return
        with self._guard:
            mine = threading.Event()
            self._waiting.append(mine)
            if len(self._waiting) == 1:
                mine.set()
        try:
            mine.wait()
            self._holder = me
            yield
        finally:
            with self._guard:
                if self._holder == me:
                    self._holder = None
                first = self._waiting[0] is mine
                self._waiting.remove(mine)
                if first and self._waiting:
                    self._waiting[0].set()


_TURNS: defaultdict[torch.device, Turns] = defaultdict(Turns)


def turn_on(device: torch.device) -> Turns:
    """The queue of a device."""
    return _TURNS[device]
