"""A few places for work that many ask for: whoever has least under way comes first, then who had a turn longest ago."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from itertools import count


class Places:
    """So many at once, shared fairly between owners. Safe for many threads."""

    def __init__(self, most: int) -> None:
        """`most` places."""
        self._free = most
        self._working: Counter[Hashable] = Counter()
        self._last: dict[Hashable, int] = {}
        self._line: dict[int, Hashable] = {}
        self._tickets = count()
        self._changed = threading.Condition()

    @contextmanager
    def take(self, owner: Hashable, is_given_up: Callable[[], bool]) -> Iterator[bool]:
        """Wait for a place and hold it; yields whether there is one, which is not so once `is_given_up`.

        Who gives up calls `look`.
        """
        with self._changed:
            ticket = next(self._tickets)
            self._line[ticket] = owner
            self._changed.wait_for(lambda: is_given_up() or (self._free and self._next == ticket))
            del self._line[ticket]
            has_place = not is_given_up()
            if has_place:
                self._free -= 1
                self._working[owner] += 1
                self._last[owner] = next(self._tickets)
            self._changed.notify_all()  # another one is next now
        try:
            yield has_place
        finally:
            if has_place:
                with self._changed:
                    self._free += 1
                    self._working[owner] -= 1
                    self._changed.notify_all()

    def look(self) -> None:
        """Let those who wait see whether they gave up."""
        with self._changed:
            self._changed.notify_all()

    @property
    def _next(self) -> int:
        return min(self._line, key=lambda ticket: (*self._had(self._line[ticket]), ticket))

    def _had(self, owner: Hashable) -> tuple[int, int]:
        return self._working[owner], self._last.get(owner, -1)
