"""A class that moves one slider of the canvas, by Streamlit's own protocol, without browsers."""

from __future__ import annotations

import asyncio
import random
import time

from benchmarks.measure import Row
from benchmarks.served import served
from benchmarks.tab import Tab
from frcnn_viz.paths import APP, ROOT

VISITORS, SECONDS = 30, 40
PAUSE = (0.5, 1.5)
"""Seconds between a visitor's moves: 30 visitors who never wait make 30 moves a second."""
PAGE, SETTING = "proposals", "rpn_nms_thresh"
MOST_MS = 400


def visitor_rows() -> list[Row]:
    """How long 30 visitors wait for a slider at their 95th percentile, on a server whose pages have all been opened."""
    with served(APP) as address:
        waits = asyncio.run(_class(address))
    waits.sort()
    rate = len(waits) / SECONDS
    what = f"{VISITORS} visitors move the RPN's NMS slider {rate:.0f} times a second: p95, of {MOST_MS} ms"
    return [Row(what, "street-fpn", waits[int(0.95 * (len(waits) - 1))] * 1000, MOST_MS, 1.0)]


async def open_all(address: str) -> None:
    """Open each page once."""
    for page in sorted((ROOT / "pages").glob("*.py")):
        async with Tab(address) as tab:
            await tab.open(page.stem)


async def _class(address: str) -> list[float]:
    await open_all(address)
    generator = random.Random(0)
    stop = time.perf_counter() + SECONDS
    visits = [_visit(address, stop, random.Random(generator.random())) for _ in range(VISITORS)]
    return [wait for waits in await asyncio.gather(*visits) for wait in waits]


async def _visit(address: str, stop: float, generator: random.Random) -> list[float]:
    """Seconds of each move.

    Raises:
        RuntimeError: the page failed.
    """
    waits = []
    async with Tab(address) as tab:
        await asyncio.sleep(generator.uniform(0, 3))
        await tab.open(PAGE)
        while time.perf_counter() < stop:
            await asyncio.sleep(generator.uniform(*PAUSE))
            turned = {SETTING: round(generator.uniform(0.3, 0.9), 2)}
            start = time.perf_counter()
            await tab.send(f"{PAGE}_canvas", "dials", {"values": turned})
            waits.append(time.perf_counter() - start)
            if tab.errors:
                raise RuntimeError(tab.errors[0])
    return waits
