"""A large COCO file planned: seconds, and the most memory that took. `python -m benchmarks.planning [--images N]`.

The pictures are a thousand files that links let appear under every name, so that each is looked at by its own path.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.report import machine
from frcnn_viz.scale.folder import Plan, ResultsFolder
from frcnn_viz.scale.planning import make_plan, pending

PICTURES = 1_000
OBJECTS = 10
RUN = Plan("", "street-fpn", "0" * 16, {}, ("background", "car"), {}, "cpu", fixes=False, shards=0, images=0)


def write_coco(folder: Path, images: int, objects: int = OBJECTS) -> Path:
    """A COCO file and its pictures; annotations stand before images, in no order."""
    (folder / "pictures").mkdir()
    for n in range(PICTURES):
        (folder / "pictures" / f"{n:03d}.jpg").write_bytes(b"a picture")
    for n in range(-(-images // PICTURES)):
        (folder / f"{n:06d}").symlink_to("pictures")
    chance, path = random.Random(0), folder / "set.json"
    categories = [{"id": n, "name": f"class {n}"} for n in range(80)]
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"categories": {json.dumps(categories)}, "annotations": [')
        for n in range(images * objects):
            x, y, category = chance.randrange(500), chance.randrange(400), chance.randrange(80)
            file.write(
                f'{", " * (n > 0)}{{"id": {n}, "image_id": {n * 7919 % images}, "category_id": {category}, '
                f'"bbox": [{x}.25, {y}.5, 60.75, 40.5], "area": 2460.375, "iscrowd": 0}}'
            )
        file.write('], "images": [')
        for n in range(images):
            name = f"{n // PICTURES:06d}/{n % PICTURES:03d}.jpg"
            file.write(
                f'{", " * (n > 0)}{{"id": {n}, "file_name": "{name}", "width": 640, "height": 480, '
                f'"camera": "camera {n % 50}", "date_captured": "2026-11-{1 + n % 28:02d}"}}'
            )
        file.write("]}\n")
    return path


def planned(images: int) -> None:
    """Print what planning a set takes, then asking what is to be done, and both again."""
    with tempfile.TemporaryDirectory() as place:
        path = write_coco(Path(place), images)
        print(machine())
        print(f"{path.stat().st_size / 1e9:.2f} GB of JSON, {images:,} images, {images * OBJECTS:,} annotations")
        before = _most()
        folder = ResultsFolder(Path(place) / "results")
        for what in ("planned", "planned again"):
            start, used = time.perf_counter(), time.process_time()
            plan = make_plan(str(path), folder, RUN)
            seconds, used = time.perf_counter() - start, time.process_time() - used
            print(f"{what}: {seconds:.0f} s, {used:.0f} s of them computing; at most {_most():.0f} MB, ", end="")
            print(f"{before:.0f} MB before")
            start = time.perf_counter()
            todo = sum(1 for _ in pending(folder, plan))
            print(f"{todo:,} of {plan.shards:,} shards to do, told in {time.perf_counter() - start:.2f} s", flush=True)


def _most() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000, help="in the file (1,000,000)")
    planned(parser.parse_args().images)
