from __future__ import annotations

import threading

from frcnn_viz.pipeline.cached import cached_property

SECONDS = 10


class Slow:
    """Computes once it may."""

    def __init__(self) -> None:
        self.asked, self.may, self.times = threading.Event(), threading.Event(), 0

    @cached_property
    def value(self) -> object:
        """What it is."""
        self.times += 1
        self.asked.set()
        assert self.may.wait(SECONDS)
        return object()


def test_one_instance_does_not_wait_for_another() -> None:
    slow, quick, got = Slow(), Slow(), []
    waiting = threading.Thread(target=lambda: got.append(slow.value))
    waiting.start()
    assert slow.asked.wait(SECONDS)
    quick.may.set()
    other = threading.Thread(target=lambda: got.append(quick.value), daemon=True)
    other.start()
    other.join(SECONDS)
    assert got == [quick.value]
    slow.may.set()
    waiting.join()
    assert got == [quick.value, slow.value]
    assert (slow.times, quick.times) == (1, 1)
