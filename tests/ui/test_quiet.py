"""Garbage goes when the process is quiet, and not before."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from frcnn_viz.ui.quiet import collect_when_quiet

PAUSE = 0.2


class Ring:
    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def no_thresholds() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def work(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


@pytest.mark.usefixtures("no_thresholds")
def test_garbage_is_collected_after_work_once_nothing_goes_on() -> None:
    async def live() -> list[bool]:
        ring = weakref.ref(Ring())
        gone = []
        collecting = asyncio.create_task(collect_when_quiet(PAUSE))
        for _ in range(3):  # each pause has work in it
            await asyncio.sleep(PAUSE / 2)
            work(PAUSE / 3)
            gone.append(ring() is None)
        for _ in range(100):
            await asyncio.sleep(PAUSE)
            if ring() is None:
                break
        gone.append(ring() is None)
        collecting.cancel()
        return gone

    with ThreadPoolExecutor(1) as thread:  # the browser tests leave an event loop in this one
        assert thread.submit(asyncio.run, live()).result() == [False, False, False, True]
