"""The memory: bounded in bytes, least recently used first out, each key computed once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torchvision.models.detection.image_list import ImageList

from frcnn_viz.pipeline.memory import Memory, count_bytes

CPU = torch.device("cpu")


def kilobytes(count: int) -> Tensor:
    return torch.zeros(count, 1024, dtype=torch.uint8)


@dataclass(frozen=True, eq=False)
class Growing:
    """A result that caches `size` kilobytes on itself when asked, and the result it was made from."""

    own: Tensor
    size: int = 0
    earlier: Growing | None = None

    @cached_property
    def late(self) -> Tensor:
        return kilobytes(self.size)


def refuse() -> None:
    raise AssertionError("computed again")


def test_recall_computes_once() -> None:
    memory = Memory(10_000)
    first = memory.recall("a", lambda: kilobytes(1), CPU)
    assert memory.recall("a", refuse, CPU) is first
    assert (first.nbytes, memory.nbytes, len(memory)) == (1024, 1024, 1)
    memory.clear()
    assert (memory.nbytes, len(memory)) == (0, 0)


def test_least_recently_used_goes_first() -> None:
    memory = Memory(3 * 1024)
    for key in "abc":
        memory.recall(key, lambda: kilobytes(1), CPU)
    memory.recall("a", refuse, CPU)
    memory.recall("d", lambda: kilobytes(1), CPU)
    assert memory.nbytes == 3 * 1024
    for key in "acd":
        memory.recall(key, refuse, CPU)
    with pytest.raises(AssertionError, match="again"):
        memory.recall("b", refuse, CPU)


def test_what_exceeds_the_budget_is_returned_but_not_kept() -> None:
    memory = Memory(2048)
    memory.recall("small", lambda: kilobytes(1), CPU)
    assert memory.recall("big", lambda: kilobytes(3), CPU).value.shape[0] == 3
    assert memory.nbytes == 1024
    memory.recall("small", refuse, CPU)


def test_an_error_passes_and_leaves_nothing_behind() -> None:
    memory = Memory(10_000)
    for _ in range(2):
        with pytest.raises(AssertionError, match="again"):
            memory.recall("a", refuse, CPU)
    assert memory.recall("a", lambda: 7, CPU).value == 7


def test_update_revises_or_keeps() -> None:
    memory = Memory(10_000)
    first = memory.update("a", lambda old: kilobytes(1) if old is None else refuse(), CPU)
    assert memory.update("a", lambda old: old, CPU) is first
    second = memory.update("a", lambda old: torch.cat([old, old]), CPU)
    assert (second.nbytes, memory.nbytes) == (2048, 2048)
    with pytest.raises(AssertionError, match="again"):
        memory.update("a", lambda old: refuse(), CPU)
    assert memory.recall("a", refuse, CPU) is second


def test_threads_compute_each_key_once_and_lose_no_update() -> None:
    memory, lock, computed = Memory(10_000_000), threading.Lock(), []

    def compute(key: int) -> Tensor:
        with lock:
            computed.append(key)
        time.sleep(0.002)
        return torch.full((10,), key)

    def work(i: int) -> int:
        memory.update("sum", lambda old: (old or 0) + 1, CPU)
        return int(memory.recall(i % 5, lambda: compute(i % 5), CPU).value[0])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(work, range(400))) == [i % 5 for i in range(400)]
    assert sorted(computed) == list(range(5))
    assert memory.recall("sum", refuse, CPU).value == 400


def test_slow_work_does_not_hold_up_what_is_held_or_another_device() -> None:
    memory, release, started = Memory(10_000), threading.Event(), threading.Event()
    memory.recall("held", lambda: 1, CPU)

    def work() -> bool:
        started.set()
        return release.wait(30)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(memory.recall, "slow", work, CPU)
        assert started.wait(5)
        assert memory.recall("held", refuse, CPU).value == 1
        assert memory.recall("quick", lambda: 1, torch.device("meta")).value == 1
        release.set()
        assert slow.result().value is True


def test_what_a_result_caches_on_itself_is_counted_and_makes_room() -> None:
    memory = Memory(4 * 1024)
    growing = memory.recall("growing", lambda: Growing(kilobytes(1), 2), CPU).value
    for key in "ab":
        memory.recall(key, lambda: kilobytes(1), CPU)
    assert memory.nbytes == 3 * 1024
    assert len(growing.late) == 2
    memory.recall("growing", refuse, CPU)
    assert memory.nbytes == 4 * 1024  # "a" went
    memory.recall("b", refuse, CPU)
    with pytest.raises(AssertionError, match="again"):
        memory.recall("a", refuse, CPU)


def test_what_grows_over_the_whole_budget_goes_alone() -> None:
    memory = Memory(3 * 1024)
    memory.recall("small", lambda: kilobytes(1), CPU)
    nested = memory.recall("nested", lambda: [Growing(kilobytes(1), 0, Growing(kilobytes(1), 9))], CPU).value
    assert len(nested[0].earlier.late) == 9
    assert memory.recall("small", refuse, CPU).nbytes == memory.nbytes == 1024


SMALL = st.integers(0, 5)


@given(
    budget=st.integers(0, 12),
    steps=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["recall", "update"]), SMALL, SMALL, SMALL),
            st.tuples(st.just("late"), SMALL),
            st.tuples(st.just("clear")),
        ),
        max_size=40,
    ),
)
def test_what_is_held_never_exceeds_the_budget(budget: int, steps: list[tuple]) -> None:
    """After any sequence of recalls, revisions and late values; counted anew each time, without the memory's help."""
    memory, given_out = Memory(budget * 1024), []
    for what, *arguments in steps:
        if what == "late":
            for result in given_out[-1 - arguments[0] :]:
                assert len(result.late) == result.size
        elif what == "clear":
            memory.clear()
        else:
            key, size, late = arguments
            made = Growing(kilobytes(size), late)
            given_out.append(getattr(memory, what)(key, lambda *_, made=made: made, CPU).value)
        held = memory.nbytes
        assert held == sum(count_bytes(entry.value) for entry in memory._entries.values())
        assert held <= budget * 1024


@dataclass
class Nest:
    a: Tensor
    b: list


def test_bytes_are_counted_once_for_each_storage() -> None:
    x = torch.zeros(10, 10)
    assert count_bytes(None) == 0
    assert count_bytes(x[0]) == 400  # a view keeps its whole storage alive
    assert count_bytes({"view": x[2:], "nest": Nest(x, [x.T, (torch.zeros(3, dtype=torch.int64),)])}) == 400 + 24
    growing = Growing(x, 2)
    assert count_bytes(growing) == 400
    assert len(growing.late) == 2
    assert count_bytes(growing) == 400 + 2048
    assert count_bytes(ImageList(torch.zeros(1, 3, 4, 5), [(4, 5)])) == 240
