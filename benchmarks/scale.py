"""Many images by processes: two beside one, and one beside a plain loop that reads, traces and examines.

By the clock, and by what a core computed, which other work on the machine hardly changes; the latter on Linux alone.
Alone: `python -m benchmarks.scale [REPEATS]`.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.detectors import STREET
from benchmarks.measure import Row, table
from frcnn_viz.analysis.examination import examine_image
from frcnn_viz.data.annotations import AnnotatedImage
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import load_image
from frcnn_viz.data.scenes import write_scenes
from frcnn_viz.data.sources import open_source
from frcnn_viz.models.registry import Detector, load_detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.scale.folder import ResultsFolder
from frcnn_viz.scale.local import run_local
from frcnn_viz.scale.planning import make_plan, pending
from frcnn_viz.scale.work import plan_of

IMAGES, SHARDS, EDGE = 128, 16, 16
"""The first and last images are not timed: processes begin and end one by one."""
Spent = tuple[float, float]
"""Milliseconds an image, by the clock and of a core."""


def scale_rows(repeats: int) -> list[Row]:
    """At least 1.7 times as many images a second with two processes; with one, 0.95 of a plain loop on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as place:
            return _rows(Path(place), load_detector(STREET, "cpu"), repeats)
    finally:
        torch.set_num_threads(threads)


def _rows(place: Path, detector: Detector, repeats: int) -> list[Row]:
    write_scenes(place / "set", IMAGES, 0)
    images = read_dataset(open_source(place / "set")).images[: IMAGES // 4]
    tasks: dict[str, Callable[[int], Spent]] = {
        "one": lambda turn: _run(place, detector, turn, workers=1),
        "loop": lambda turn: _loop(place / "set", images, lambda *of: _examine(detector, *of)),
        "two": lambda turn: _run(place, detector, turn, workers=2),
        "plain": lambda turn: _loop(place / "set", images, lambda *of: _plain(detector, *of)),
    }
    spent: dict[str, list[Spent]] = {name: [] for name in tasks}
    for turn in range(repeats):
        for name, task in tasks.items():
            spent[name].append(task(turn))
    clock, core = (
        {name: statistics.median(one[which] for one in values) for name, values in spent.items()} for which in (0, 1)
    )
    of, examinations = "an image of a set", "one process over a plain loop of examinations"
    return [
        Row(f"{of}, two processes over one", STREET, clock["two"], clock["one"], 0.588),
        Row(f"{of}, {examinations}", STREET, clock["one"], clock["loop"], 1.053),
        Row(f"{of}, {examinations}, a core's time", STREET, core["one"], core["loop"], 1.053),
        Row(f"{of}, each of two processes over one, a core's time", STREET, core["two"], core["one"], None),
        Row(f"{of}, one process over a plain loop of the model", STREET, clock["one"], clock["plain"], None),
    ]


def _run(place: Path, detector: Detector, turn: int, workers: int) -> Spent:
    """What an image takes while all processes are at work."""
    folder = ResultsFolder(place / f"{workers}-{turn}")
    folder.plan = replace(plan_of("set", detector, Settings.of(detector.model)), shards=SHARDS)
    plan = make_plan(str(place / "set"), folder, folder.plan)
    seen: dict[int, Spent] = {}

    def tell(images: int) -> None:
        if EDGE <= images <= IMAGES - EDGE:
            seen.setdefault(images, (time.perf_counter() * 1000, _computed()))

    run_local(folder, plan, pending(folder, plan), workers=workers, tell=tell)
    first, last = min(seen), max(seen)
    clock, core = ((after - before) / (last - first) for before, after in zip(seen[first], seen[last], strict=True))
    return clock, core


def _computed() -> float:
    """Milliseconds of a core that the processes of a run have taken so far."""
    ticks = 0
    for process in multiprocessing.active_children() if sys.platform == "linux" else ():
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # utime, stime
    return ticks * 1000 / os.sysconf("SC_CLK_TCK") if ticks else float("nan")


def _loop(folder: Path, images: list[AnnotatedImage], work: Callable[[torch.Tensor, GroundTruth], object]) -> Spent:
    """What an image takes that is read and worked on."""
    start, before = time.perf_counter(), time.process_time()
    for image in images:
        work(load_image(folder / image.file).tensor, GroundTruth.of(image.objects))
    clock, core = time.perf_counter() - start, time.process_time() - before
    return clock * 1000 / len(images), core * 1000 / len(images)


def _examine(detector: Detector, image: torch.Tensor, truth: GroundTruth) -> object:
    return examine_image(detector, Trace(detector.model, image), truth)


def _plain(detector: Detector, image: torch.Tensor, _: GroundTruth) -> object:
    with torch.inference_mode():
        return detector.model([image])


if __name__ == "__main__":
    print("\n".join(table(scale_rows(int(sys.argv[1]) if len(sys.argv) > 1 else 3))))
