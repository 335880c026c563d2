"""Garbage is collected while nobody waits. Streamlit's own collection, after every rerun, is off (`config.toml`)."""

from __future__ import annotations

import asyncio
import gc
import time

IDLE = 0.02
"""The part of a pause that the process may have worked and still count as quiet."""


async def collect_when_quiet(pause: float = 5.0) -> None:
    """Collect once after each time of work, as soon as the process has done next to nothing for `pause` seconds.

    A full collection holds the interpreter for 0.1 s and more with torch loaded. Python's own thresholds still
    collect where work never pauses.
    """
    collected = now = time.process_time()
    while True:
        await asyncio.sleep(pause)
        before, now = now, time.process_time()
        if now - before < IDLE * pause and before > collected:
            gc.collect()
            collected = now = time.process_time()
