"""Processes of tests that are killed begin with all they need imported: one server forks them, once a session.

Python starts that server with what the first of its users asked for, so there is one list for all.
"""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

MODULES = [
    "frcnn_viz.analysis.archive",
    "frcnn_viz.data.workspace",
    "frcnn_viz.training.experiments",
    "frcnn_viz.training.process",
    "tests.scale.small",
    "pandas",  # which pyarrow imports when it first makes an array
]


def forked() -> ForkServerContext:
    """Where processes to be killed come from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(MODULES)
    return context
