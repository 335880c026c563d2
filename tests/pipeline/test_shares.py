"""A budget that owners share: exact, never exceeded, and nobody within an equal share loses anything to others."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from frcnn_viz.pipeline.memory import Memory
from tests.pipeline.test_memory import CPU, kilobytes, refuse

USES = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 7), st.integers(1, 4)), max_size=60)


class Shared:
    """A memory, and what is to be in it by key: whose, how many kilobytes, used last at the end. `me` is who asks."""

    def __init__(self, kilobytes: int) -> None:
        self.me, self.memory = "", Memory(1024 * kilobytes, lambda: self.me)
        self.expected: dict[int, tuple[str, int]] = {}

    def use(self, owner: str, key: int, size: int) -> None:
        """Ask for a result, which is made of so many kilobytes where it is not there."""
        self.me = owner
        size = len(self.memory.recall(key, lambda: kilobytes(size), CPU).value)
        self.expected.pop(key, None)
        self.expected[key] = owner, size

    @property
    def held(self) -> Counter[str]:
        """Kilobytes that are to be held of each owner's."""
        held: Counter[str] = Counter()
        for owner, size in self.expected.values():
            held[owner] += size
        return held

    def settle(self) -> list[tuple[int, str, int]]:
        """What is gone of what was expected: its key, whose it was, its kilobytes; the rest is expected from now on."""
        gone = [(key, *of) for key, of in self.expected.items() if key not in self.memory._entries]
        self.expected = {key: of for key, of in self.expected.items() if key in self.memory._entries}
        return gone


@given(budget=st.integers(4, 16), uses=USES)
def test_who_holds_more_than_an_equal_share_makes_room_and_nobody_else(budget: int, uses: list) -> None:
    shared = Shared(budget)
    for use in uses:
        shared.use(*use)
        held = shared.held
        order = {owner: [key for key, (one, _) in shared.expected.items() if one == owner] for owner in held}
        gone = shared.settle()
        assert shared.memory.nbytes == 1024 * sum(shared.held.values()) <= 1024 * budget
        for owner, keys in order.items():
            lost = [key for key, whose, _ in gone if whose == owner]
            assert lost == keys[: len(lost)]  # the longest unused
            assert not lost or held[owner] > budget / len(held)
        if gone:  # no more than had to
            assert shared.memory.nbytes + 1024 * max(size for *_, size in gone) > 1024 * budget


@given(budget=st.integers(4, 16), uses=USES)
def test_one_owner_alone_loses_the_least_recently_used(budget: int, uses: list) -> None:
    shared, order = Shared(budget), {}
    for _, key, size in uses:
        shared.use("a", key, size)
        order[key] = order.pop(key, size)
        while sum(order.values()) > budget:
            del order[next(iter(order))]
        assert list(shared.memory._entries) == list(order)


def test_forty_pictures_of_one_push_out_none_of_another() -> None:
    shared = Shared(10)
    shared.use("other", -1, 3)
    for picture in range(40):
        shared.use("one", picture, 1)
    assert shared.memory.nbytes == 10 * 1024
    shared.me = "other"
    assert len(shared.memory.recall(-1, refuse, CPU).value) == 3
    for picture in range(33, 40):
        shared.memory.recall(picture, refuse, CPU)
    with pytest.raises(AssertionError, match="again"):
        shared.memory.recall(32, refuse, CPU)


def test_what_two_use_is_held_once_and_is_whose_who_used_it_last() -> None:
    shared = Shared(4)
    shared.use("one", 0, 2)
    shared.use("other", 0, 2)
    assert shared.memory.nbytes == 2 * 1024
    for key in (1, 2):
        shared.use("one", key, 1)
    shared.use("other", 3, 1)  # who holds most now, by what was the one's
    assert set(shared.memory._entries) == {1, 2, 3}


def test_many_threads_keep_the_account_exact() -> None:
    memory = Memory(64 * 1024, threading.get_ident)

    def work(i: int) -> None:
        memory.recall(i * i % 97, lambda: torch.zeros(1 + i % 5, 1024, dtype=torch.uint8), CPU)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(400)))
    assert memory.nbytes == sum(entry.nbytes for entry in memory._entries.values()) <= 64 * 1024
    memory.clear()
    assert (memory.nbytes, len(memory)) == (0, 0)
