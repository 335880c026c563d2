"""Results of a million images, made up and opened: `python -m benchmarks.results [--images N] [--shards N]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.measure import Row, medians, table
from benchmarks.report import REPORT, RESULTS, machine, write_part
from frcnn_viz.analysis.false_alarms import Mistake
from frcnn_viz.analysis.verdicts import MECHANISMS, Verdict
from frcnn_viz.analysis.waterfall import LOST_AT, STAGES
from frcnn_viz.scale.folder import Plan, ResultsFolder
from frcnn_viz.scale.queries import (
    EVERYTHING,
    Chosen,
    Worst,
    count_worst,
    groups,
    waterfall,
    worst_findings,
    worst_images,
)
from frcnn_viz.scale.results import Results
from frcnn_viz.scale.rows import FINDINGS, IMAGES, TABLES
from frcnn_viz.scale.versus import Versus

CLASSES = ("__background__", "car", "person", "bicycle", "bus", "truck", "dog", "traffic light", "bench")
CAMERAS, WEEKS = 20, 52
OBJECTS, ALARMS = 8, 2
"""Of each image."""
SIDE = 1000.0
MISSES = tuple(MECHANISMS)


def write_results(path: Path, images: int, shards: int, seed: int = 0, found: float = 0.7) -> None:
    """A folder of results as a run would write it, of numbers drawn by chance; the truth does not hang on `found`.

    Args:
        path: the folder.
        images: how many, each with 8 objects and 2 false alarms.
        shards: how many files they are in.
        seed: of what is found.
        found: the part of the objects that is.
    """
    folder = ResultsFolder(path)
    versions = {"frcnn-viz": "0", "torch": "0", "torchvision": "0"}
    folder.plan = Plan("made up", "street-fpn", "0" * 16, {}, CLASSES, versions, "cpu", False, shards, images)
    bounds = np.linspace(0, images, shards + 1).astype(int)
    for shard, (low, high) in enumerate(pairwise(bounds)):
        if high > low:
            folder.write_shard(shard, f"{seed:016x}", _tables(np.arange(low, high), seed, found))


def _tables(numbers: np.ndarray, seed: int, found: float) -> dict[str, pa.Table]:
    rng, drawn = np.random.default_rng((1, numbers[0])), np.random.default_rng((2, seed, numbers[0]))
    count = len(numbers)
    ids = pa.array([f"camera/{number:09d}.jpg" for number in numbers])
    corner = rng.uniform(0, SIDE / 2, (count, OBJECTS + ALARMS, 2))
    side = np.exp(rng.normal(4, 1, corner.shape)).clip(4, SIDE / 2)
    boxes = np.concatenate([corner, corner + side], axis=2).astype(np.float32)
    names = rng.integers(1, len(CLASSES), (count, OBJECTS + ALARMS))
    is_found = drawn.random((count, OBJECTS)) < found
    miss = drawn.integers(0, len(MISSES), (count, OBJECTS))
    verdicts = [Verdict.FOUND.value, *MISSES, *Mistake]
    mistake = drawn.integers(0, len(Mistake), (count, ALARMS)) + 1 + len(MISSES)
    verdict = np.concatenate([np.where(is_found, 0, miss + 1), mistake], axis=1)
    stages = [*STAGES, None]
    lost_at = np.array([len(STAGES), *(STAGES.index(LOST_AT[one]) for one in MISSES), *[len(STAGES)] * len(Mistake)])
    alive = np.arange(len(STAGES)) < lost_at[verdict[:, :OBJECTS], None]
    ious = np.where(alive, drawn.uniform(0.5, 1, alive.shape), drawn.uniform(0, 0.5, alive.shape)).astype(np.float32)
    is_object = np.broadcast_to(np.arange(OBJECTS + ALARMS) < OBJECTS, verdict.shape)
    lists = pa.ListArray.from_arrays(
        pa.array(
            np.append(0, np.cumsum(is_object.ravel() * len(STAGES))), pa.int32(), mask=np.append(~is_object, 0) > 0
        ),
        pa.array(ious.ravel()),
    )
    score = drawn.random(verdict.shape).astype(np.float32)
    total = verdict.size
    nothing = {name: pa.nulls(total, FINDINGS.field(name).type) for name in FINDINGS.names if name.startswith("fix")}
    findings = {
        "image_id": pa.DictionaryArray.from_arrays(np.repeat(np.arange(count), OBJECTS + ALARMS), ids),
        "what": _pick(["false alarm", "object"], is_object),
        "number": pa.array(np.tile([*range(OBJECTS), *range(ALARMS)], count), pa.int32()),
        "class": _pick(list(CLASSES), names),
        "verdict": _pick(verdicts, verdict),
        "stage": _pick(stages, lost_at[verdict]),
        "iou": pa.array(drawn.random(total, np.float32)),
        "score": pa.array(score.ravel()),
        **{name: pa.array(boxes[..., at].ravel()) for at, name in enumerate(("x0", "y0", "x1", "y1"))},
        "size": pa.array(np.sqrt(side.prod(axis=2)).ravel().astype(np.float32)),
        "ious": lists,
        "near": pa.nulls(total, pa.int32()),
        "sentence": _pick([f"{one}, of a made-up object." for one in verdicts], verdict),
        **nothing,
    }
    truth = [
        [{"x0": a, "y0": b, "x1": c, "y1": d, "label": CLASSES[name], "crowd": False, "difficult": False,
          "truncated": False} for (a, b, c, d), name in zip(of, named, strict=True)]
        for of, named in zip(boxes[:, :OBJECTS].tolist(), names[:, :OBJECTS].tolist(), strict=True)
    ]  # fmt: skip
    alarms = (of[:, OBJECTS:].tolist() for of in (boxes, names, score))
    seen = [
        [{"x0": a, "y0": b, "x1": c, "y1": d, "label": name, "score": of, "ignored": False}
         for (a, b, c, d), name, of in zip(*rows, strict=True)]
        for rows in zip(*alarms, strict=True)
    ]  # fmt: skip
    tags = [{"camera": f"camera {n % CAMERAS}", "week": f"{n // CAMERAS % WEEKS + 1:02d}"}.items() for n in numbers]
    whole = np.full(count, int(SIDE))
    images = {
        "image_id": ids,
        "path": pa.array([f"/nowhere/{number:09d}.jpg" for number in numbers]),
        "sha256": pa.array([f"{number:064x}" for number in numbers]),
        **{name: pa.array(whole, pa.int32()) for name in ("width", "height")},
        "objects": pa.array(np.full(count, OBJECTS), pa.int32()),
        "found": pa.array(is_found.sum(axis=1), pa.int32()),
        "missed": pa.array((~is_found).sum(axis=1), pa.int32()),
        "false_alarms": pa.array(np.full(count, ALARMS), pa.int32()),
        "left_out": pa.array(np.zeros(count), pa.int32()),
        "truth": pa.array(truth, IMAGES.field("truth").type),
        "detections": pa.array(seen, IMAGES.field("detections").type),
        "tags": pa.array([list(one) for one in tags], IMAGES.field("tags").type),
        "problem": pa.nulls(count, pa.string()),
    }
    times = {"image_id": ids, "stage": pa.array(["decode"] * count), "ms": pa.array(np.full(count, 1.0))}
    made = {"findings": findings, "images": images, "times": times}
    return {name: _table(made[name], schema) for name, schema in TABLES.items()}


def _pick(names: list[str | None], which: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(which.ravel().astype(np.int32)), pa.array(names, pa.string()))


def _table(columns: dict[str, pa.Array], schema: pa.Schema) -> pa.Table:
    return pa.table({name: columns[name].cast(schema.field(name).type) for name in schema.names}, schema)


def measure(a: Path, b: Path, repeats: int) -> tuple[list[Row], list[str]]:
    """Every question of the page, each of 1 s; and how long opening and pairing took, once."""
    start = time.perf_counter()
    results = Results(a)
    opened = time.perf_counter()
    Results(a)
    again, other = time.perf_counter(), Results(b)
    paired = time.perf_counter()
    versus = Versus(results, other)
    done = time.perf_counter()
    chosen = Chosen("car", tag=("camera", "camera 3"), scores=(0.2, 0.8))
    far = 50_000
    asked: dict[str, Callable[[], object]] = {
        **{f"sums by {by}": lambda by=by: groups(results, by) for by in (*SUMS, "tag:camera")},
        "sums by verdict, of a class, a camera and scores": lambda: groups(results, "verdict", chosen),
        "recall after every stage": lambda: waterfall(results),
        "recall after every stage, of a class, a camera and scores": lambda: waterfall(results, chosen),
        "the 24 worst images": lambda: worst_images(results, EVERYTHING, 24),
        "the 24 worst images, of a class, a camera and scores": lambda: worst_images(results, chosen, 24),
        "24 images after 50,000 worse ones": lambda: worst_images(results, EVERYTHING, 24, far),
        **{f"24 findings, {one}": lambda one=one: worst_findings(results, one, EVERYTHING, 24) for one in Worst},
        "24 findings after 50,000, lowest IoU": lambda: worst_findings(results, Worst.LOWEST_IOU, EVERYTHING, 24, far),
        "how many images failed": lambda: count_worst(results, None, EVERYTHING),
        "problems": lambda: results.problems(100),
        "two runs: sums by class": lambda: versus.differences("class"),
        "two runs: sums by verdict": lambda: versus.differences("verdict_a"),
        "two runs: 12 objects that one finds": lambda: versus.objects(True, 12),
    }
    ms = medians({name: lambda ask=ask: ask for name, ask in asked.items()}, repeats)
    told = [
        f"Opened the first time, when the index is written, in {opened - start:.1f} s; after that in "
        f"{again - opened:.1f} s. Two runs are paired in {done - paired:.1f} s."
    ]
    return [Row(f"{name}, of 1 s", "results", took, 1000.0, 1.0) for name, took in ms.items()], told


SUMS = ("class", "verdict", "stage", "size", "quantile")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--shards", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=5, help="timed turns of each question (5)")
    parser.add_argument("--keep", type=Path, help="a folder of results made before, or to be made and kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="frcnn-viz-results-") as temporary:
        folder = options.keep or Path(temporary)
        for seed, (name, found) in enumerate({"A": 0.7, "B": 0.75}.items()):
            if not (folder / name).is_dir():
                write_results(folder / name, options.images, options.shards, seed, found)
        rows, told = measure(folder / "A", folder / "B", options.repeats)
    lines = [
        RESULTS,
        "",
        f"Made-up results of {options.images:,} images, {options.images * (OBJECTS + ALARMS):,} rows of findings in "
        f"{options.shards} shards, by `python -m benchmarks.results`: medians of {options.repeats} turns.",
        *told,
        "",
        machine(),
        "",
        *table(rows),
    ]
    print(write_part(REPORT, lines))
    if any(row.verdict == "MISSED" for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
