"""A class at work on a server of its own: `python -m benchmarks.classroom [MINUTES] [VISITORS]`; docs/benchmarks.md.

Its visitors speak Streamlit's own protocol, each with a cookie of its own. They take processor time on the same
machine, which is told too.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.report import CLASS, REPORT, machine, write_part
from benchmarks.served import process_of, served
from benchmarks.visit import Log, Visit, photo
from frcnn_viz.classroom.rules import CLASS_VARIABLE, Rules
from frcnn_viz.classroom.visitors import Visitors
from frcnn_viz.data.tenant import FOLDER_VARIABLE, acting_as
from frcnn_viz.paths import APP
from frcnn_viz.training.signals import RUNNING
from frcnn_viz.training.store import all_runs
from frcnn_viz.ui.budget import budget

KINDS = {
    "slider": ("a slider's move, to the end of its run", 0.5),
    "upload": ("a photo, from its first byte to the picture", 3.0),
    "answer": ("an answer", None),
    "page": ("another page, and Back", None),
    "arrival": ("the first page", None),
    "other": ("a click elsewhere", None),
}
"""Of what visitors wait for, what it is and the most seconds that its 95th percentile may be."""
PHOTOS = 6
"""That each visitor has."""
MB = 2**20


@dataclass
class Runs:
    """The runs of the class, as they are seen from outside, once a second.

    Attributes:
        asked, begun: when, in seconds since 1970. state: the last one.
    """

    known: Visitors
    asked: dict[Path, float] = field(default_factory=dict)
    begun: dict[Path, float] = field(default_factory=dict)
    state: dict[Path, str] = field(default_factory=dict)

    def look(self) -> None:
        """Note what has changed."""
        for one in self.known.all():
            with acting_as(one):
                statuses = {folder.path: folder.status for folder in all_runs()}
            for path, status in statuses.items():
                self.asked.setdefault(path, time.time())
                self.state[path] = status.state
                if status.state == RUNNING or not status.under_way:
                    self.begun.setdefault(path, time.time())

    @property
    def waits(self) -> list[float]:
        """Seconds from when each was asked for to when it began, of those that began."""
        return [self.begun[path] - asked for path, asked in self.asked.items() if path in self.begun]


def memory(server: psutil.Process) -> str:
    """What the server takes, and all its processes beside it, in words."""
    beside = []
    for child in server.children(recursive=True):
        try:
            beside.append(child.memory_full_info().pss)
        except psutil.Error:  # it just ended
            continue
    return (
        f"server {server.memory_info().rss / MB:,.0f} MB, {len(beside)} processes beside it {sum(beside) / MB:,.0f} MB"
    )


async def attend(address: str, base: Path, minutes: float, visitors: int) -> tuple[Log, Runs, list[str]]:
    """Let the class work; what it waited for, its runs, and the server's memory over time."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * visitors))  # each fetches its own files
    server = process_of(address)
    log, runs = Log(), Runs(Visitors(base, Rules()))
    photos = [[photo(PHOTOS * number + n) for n in range(PHOTOS)] for number in range(visitors)]
    told = [f"At first: {memory(server)}."]
    before = sum(server.cpu_times()[:2])
    start = time.perf_counter()
    stop = start + 60 * minutes

    async def watch() -> None:
        while True:
            await asyncio.sleep(1)
            await asyncio.to_thread(runs.look)
            if len(told) == 1 and time.perf_counter() > start + 60:
                told.append(f"After a minute: {memory(server)}.")

    watching = asyncio.create_task(watch())
    visits = [
        Visit(address, random.Random(number), photos[number], log).stay(start, stop) for number in range(visitors)
    ]
    ends = await asyncio.gather(*visits, return_exceptions=True)
    watching.cancel()
    log.errors += [repr(end) for end in ends if end is not None]
    told.append(f"At the end: {memory(server)}; budget {budget() / MB:,.0f} MB. {log.held}")
    told.append(f"The server took {sum(server.cpu_times()[:2]) - before:.0f} s of a processor.")
    runs.look()
    for child in server.children(recursive=True):  # runs outlive their server
        child.kill()
    return log, runs, told


def lines(log: Log, minutes: float) -> tuple[list[str], bool]:
    """The table, and whether all targets are met."""
    table = [
        "| what | times | a second | p50, s | p95, s | max, s | p95 at most | |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    is_met = not log.errors
    for kind, (what, most) in KINDS.items():
        waits = sorted(log.waits[kind])
        if not waits:
            continue
        middle, late = (waits[int(share * (len(waits) - 1))] for share in (0.5, 0.95))
        verdict = "for information" if most is None else "holds" if late <= most else "MISSED"
        is_met &= verdict != "MISSED"
        table.append(
            f"| {what} | {len(waits):,} | {len(waits) / minutes / 60:.1f} | {middle:.3f} | {late:.3f} "
            f"| {waits[-1]:.3f} | {most or '-'} | {verdict} |"
        )
    return table, is_met


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.classroom", description=__doc__)
    parser.add_argument("minutes", type=float, nargs="?", default=10.0)
    parser.add_argument("visitors", type=int, nargs="?", default=30)
    parser.add_argument("--out", type=Path, default=REPORT, help="the report (docs/benchmarks.md)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="frcnn-viz-class-") as folder:
        environment = {FOLDER_VARIABLE: folder, CLASS_VARIABLE: Rules().to_text()}
        with served(APP, **environment) as address:
            cpu = time.process_time()
            log, runs, memories = asyncio.run(attend(address, Path(folder), options.minutes, options.visitors))
            cpu = time.process_time() - cpu
    table, is_met = lines(log, options.minutes)
    waits = sorted(runs.waits) or [0.0]
    states = ", ".join(f"{count} {state}" for state, count in Counter(runs.state.values()).items())
    text = [
        CLASS,
        "",
        f"{options.visitors} scripted visitors for {options.minutes:g} minutes, each with a workspace of their own, "
        f"by `python -m benchmarks.classroom`. Errors: {len(log.errors)}.",
        f"Runs: {states or 'none'}; until one began, median {waits[len(waits) // 2]:.0f} s, at most {waits[-1]:.0f} s.",
        *memories,
        f"The visitors' own process took {cpu:.0f} s.",
        "",
        machine(),
        "",
        *table,
    ]
    print(write_part(options.out, text))
    for error, count in Counter(log.errors).most_common(20):
        print(f"{count} x {error}")
    if not is_met:
        sys.exit(1)


if __name__ == "__main__":
    main()
