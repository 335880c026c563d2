"""Many images by processes: two beside one, and one beside a plain loop that reads, traces and examines.

Alone: `python -m benchmarks.scale [REPEATS]`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
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
from frcnn_viz.pipeline.settings import TRAINING_NAMES, Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.scale.folder import Plan, ResultsFolder
from frcnn_viz.scale.local import run_local
from frcnn_viz.scale.planning import make_plan, pending

IMAGES, SHARDS, EDGE = 128, 16, 16
"""The first and last images are not timed: processes begin and end one by one."""


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
    tasks: dict[str, Callable[[int], float]] = {
        "one": lambda turn: _run(place, detector, turn, workers=1),
        "loop": lambda turn: _loop(place / "set", images, lambda *of: _examine(detector, *of)),
        "two": lambda turn: _run(place, detector, turn, workers=2),
        "plain": lambda turn: _loop(place / "set", images, lambda *of: _plain(detector, *of)),
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(repeats):
        for name, task in tasks.items():
            times[name].append(task(turn))
    ms = {name: statistics.median(values) for name, values in times.items()}
    return [
        Row("an image of a set, two processes over one", STREET, ms["two"], ms["one"], 0.588),
        Row("an image of a set, one process over a plain loop of examinations", STREET, ms["one"], ms["loop"], 1.053),
        Row("an image of a set, one process over a plain loop of the model", STREET, ms["one"], ms["plain"], None),
    ]


def _run(place: Path, detector: Detector, turn: int, workers: int) -> float:
    """Milliseconds an image while all processes are at work."""
    folder = ResultsFolder(place / f"{workers}-{turn}")
    settings = vars(Settings.of(detector.model)).items()
    inference = {name: value for name, value in settings if name not in TRAINING_NAMES}
    names = detector.name, detector.fingerprint, inference, detector.classes
    folder.plan = Plan("set", *names, versions={}, device="cpu", fixes=False, shards=SHARDS, images=0)
    plan = make_plan(str(place / "set"), folder, folder.plan)
    seen: dict[int, float] = {}

    def tell(images: int) -> None:
        if EDGE <= images <= IMAGES - EDGE:
            seen.setdefault(images, time.perf_counter())

    run_local(folder, plan, pending(folder, plan), workers=workers, tell=tell)
    first, last = min(seen), max(seen)
    return (seen[last] - seen[first]) * 1000 / (last - first)


def _loop(folder: Path, images: list[AnnotatedImage], work: Callable[[torch.Tensor, GroundTruth], object]) -> float:
    """Milliseconds an image, read and worked on."""
    start = time.perf_counter()
    for image in images:
        work(load_image(folder / image.file).tensor, GroundTruth.of(image.objects))
    return (time.perf_counter() - start) * 1000 / len(images)


def _examine(detector: Detector, image: torch.Tensor, truth: GroundTruth) -> object:
    return examine_image(detector, Trace(detector.model, image), truth)


def _plain(detector: Detector, image: torch.Tensor, _: GroundTruth) -> object:
    with torch.inference_mode():
        return detector.model([image])


if __name__ == "__main__":
    print("\n".join(table(scale_rows(int(sys.argv[1]) if len(sys.argv) > 1 else 3))))
