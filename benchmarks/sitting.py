"""What a long sitting leaves in a server's memory."""

from __future__ import annotations

import asyncio
import random
import tempfile
from urllib.parse import urlencode

from benchmarks.measure import Row
from benchmarks.served import process_of, served
from benchmarks.tab import Tab
from benchmarks.visit import photo
from benchmarks.visitors import PAGE, SETTING, open_all
from frcnn_viz.paths import APP
from frcnn_viz.ui.budget import MEMORY_VARIABLE, parse_bytes

MOVES, PICTURES, DETECTORS = 2_000, 20, ("street-fpn", "street-c4")
BUDGET = "512M"
MB = 2**20


def memory_rows() -> list[Row]:
    """Megabytes after sliders, pictures and detectors, over those once all pages were open and the budget."""
    told = {MEMORY_VARIABLE: BUDGET}
    with tempfile.TemporaryDirectory() as folder, served(APP, FRCNN_VIZ_WORKSPACE=folder, **told) as address:
        before, after = asyncio.run(_sit(address))
    what = (
        f"MB after {MOVES:,} moves, {PICTURES} pictures and {len(DETECTORS)} detectors, over the start and the budget"
    )
    return [Row(what, " and ".join(DETECTORS), after / MB, (before + parse_bytes(BUDGET)) / MB, 1.05)]


async def _sit(address: str) -> tuple[int, int]:
    """Bytes before and after.

    Raises:
        RuntimeError: a page failed.
    """
    chance, server = random.Random(0), process_of(address)
    await open_all(address)
    before = server.memory_info().rss
    for number in range(PICTURES):
        async with Tab(address) as tab:
            await tab.open(PAGE)
            (uploader,) = (key for key in tab.widgets if key.startswith("upload_"))
            await tab.upload(uploader, f"photo {number}.jpg", "image/jpeg", photo(number))
            image = tab.link["image"]
        for name in DETECTORS:
            async with Tab(address) as tab:
                await tab.open(PAGE, urlencode({"model": name, "image": image}))
                for _ in range(MOVES // PICTURES // len(DETECTORS)):
                    turned = {SETTING: round(chance.uniform(0.3, 0.9), 2)}
                    await tab.send(f"{PAGE}_canvas", "dials", {"values": turned})
                if tab.errors or tab.link["image"] != image:
                    raise RuntimeError(f"{image} is not shown: {tab.errors or tab.texts}")
    return before, server.memory_info().rss
