"""Interleaved timing: the load of the machine falls on both sides of a ratio alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Row:
    """One ratio and the most it may be."""

    what: str
    model: str
    ms: float
    plain_ms: float
    limit: float | None

    @property
    def ratio(self) -> float:
        return self.ms / self.plain_ms

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return "for information"
        return "holds" if self.ratio <= self.limit else "MISSED"


def medians(tasks: dict[str, Callable[[], Callable[[], object]]], repeats: int) -> dict[str, float]:
    """Median milliseconds of each task. A task prepares, untimed, and returns what is timed.

    The tasks take turns, forwards and then backwards, after one turn of each that is not counted. A GPU in use is
    waited for before and after.
    """
    times: dict[str, list[float]] = {name: [] for name in tasks}
    names = list(tasks)
    for turn in range(repeats + 1):
        for name in names if turn % 2 else reversed(names):
            run = tasks[name]()
            start = now()
            run()
            if turn:
                times[name].append((now() - start) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def now() -> float:
    """Seconds, once a GPU in use has done all that it was given."""
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter()


def table(rows: Iterable[Row]) -> list[str]:
    """The rows as lines of Markdown."""
    head = ["| what | model | ms | reference, ms | ratio | at most | |", "|---|---|--:|--:|--:|--:|---|"]
    return head + [
        f"| {row.what} | {row.model} | {row.ms:.1f} | {row.plain_ms:.1f} | {row.ratio:.4f} | {row.limit or '-'} "
        f"| {row.verdict} |"
        for row in rows
    ]
