"""Something bounded that several owners share: how much each holds, and whose entry makes room for another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable


class Shares:
    """Entries by key, each with a size, that belong to the owner who used them last. Its keeper has the lock.

    Room is made by the owner that holds most, who loses the longest unused entry first. So an owner that holds no more
    than an equal share of the bound loses nothing, and one owner alone loses the least recently used.

    Attributes:
        total: the sizes of all entries.
    """

    def __init__(self) -> None:
        self.total = 0
        self._entries: dict[Hashable, tuple[Hashable, int]] = {}
        self._orders: dict[Hashable, OrderedDict[Hashable, None]] = {}
        self._held: dict[Hashable, int] = {}

    def use(self, key: Hashable, owner: Hashable, size: int) -> None:
        """An entry, new or not, is used by an owner, whose it is from now on, and has a size."""
        if self._entries.get(key) == (owner, size):
            self._orders[owner].move_to_end(key)
            return
        self.drop(key)
        self._entries[key] = owner, size
        self._orders.setdefault(owner, OrderedDict())[key] = None
        self._held[owner] = self._held.get(owner, 0) + size
        self.total += size

    def resize(self, key: Hashable, size: int) -> None:
        """An entry has another size; whose it is and when it was used stays."""
        owner, before = self._entries[key]
        self._entries[key] = owner, size
        self._held[owner] += size - before
        self.total += size - before

    def drop(self, key: Hashable) -> None:
        """There is no such entry any more."""
        if key not in self._entries:
            return
        owner, size = self._entries.pop(key)
        del self._orders[owner][key]
        self._held[owner] -= size
        self.total -= size
        if not self._orders[owner]:
            del self._orders[owner], self._held[owner]

    @property
    def next_out(self) -> Hashable:
        """The entry that makes room next: the longest unused of the owner that holds most."""
        most = max(self._held, key=self._held.__getitem__)
        return next(iter(self._orders[most]))
