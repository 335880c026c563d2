"""Whoever asks first works first, one at a time; who holds the turn may take it again; errors pass it on."""

from __future__ import annotations

import threading
import time

import pytest
import torch

from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.turns import Turns

CPU = torch.device("cpu")


def test_turns_are_given_in_the_order_they_are_asked_for() -> None:
    turns, order, inside = Turns(), [], []

    def work(number: int) -> None:
        with turns.take():
            inside.append(number)
            order.append((number, len(inside)))
            time.sleep(0.002)
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    with turns.take():
        for number, thread in enumerate(threads):
            thread.start()
            while len(turns._waiting) < number + 2:
                time.sleep(0.0005)
    for thread in threads:
        thread.join()
    assert order == [(number, 1) for number in range(12)]  # never two at once


def test_the_holder_may_take_it_again_and_an_error_passes_it_on() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="inside"), turns.take(), turns.take():
        raise ValueError("inside")
    done = threading.Event()

    def work() -> None:
        with turns.take():
            done.set()

    threading.Thread(target=work).start()
    assert done.wait(5)


def test_results_that_need_each_other_do_not_lock_up() -> None:
    """One thread makes `b` and needs `a` for it, another makes `a`: each waits for the other's lock, if locks nest."""
    for _ in range(20):
        memory, made = Memory(max_bytes=2**20), []

        def inner(memory: Memory = memory, made: list = made) -> int:
            made.append("a")
            time.sleep(0.001)
            return 1

        def outer(memory: Memory = memory, inner: object = inner) -> int:
            time.sleep(0.001)
            return memory.recall("a", inner, CPU).value + 1

        jobs = [(("b", outer), ("a", inner))[number % 2] for number in range(6)]
        threads = [threading.Thread(target=memory.recall, args=(*job, CPU), daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
            assert not thread.is_alive()
        assert made == ["a"]
        assert memory.recall("b", outer, CPU).value == 2
