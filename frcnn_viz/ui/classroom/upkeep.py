"""Workspaces of visitors who stayed away are removed, as long as the server of a class runs."""

from __future__ import annotations

import asyncio
import logging

from starlette.concurrency import run_in_threadpool

from frcnn_viz.classroom.register import work_of
from frcnn_viz.data.tenant import Tenant
from frcnn_viz.ui.classroom.door import visitors

LOG = logging.getLogger(__name__)
EVERY_SECONDS = 60 * 60


async def keep_clean() -> None:
    """At once, and then each hour."""
    while True:
        try:
            await run_in_threadpool(visitors().clean, is_busy)
        except OSError:
            LOG.exception("Old workspaces could not be removed.")
        await asyncio.sleep(EVERY_SECONDS)


def is_busy(one: Tenant) -> bool:
    """Whether something of a visitor's is under way, or waits."""
    return work_of(one) is not None
