"""Both engines over the same pictures, workers and drivers killed in between: their files must be the same.

`python -m benchmarks.engines [--images N] [--kills N] [--seed N] [--engine local|ray] [--keep FOLDER]`, on Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.report import machine
from frcnn_viz.data.scenes import CLASSES, draw_scene
from frcnn_viz.scale.folder import ResultsFolder
from frcnn_viz.scale.planning import pending
from tests.scale.runs import contents, done, wait_until

SETTINGS = ("min_size=96", "max_size=160", "rpn_pre_nms_top_n=200", "rpn_post_nms_top_n=100")
"""So small that thousands take minutes."""
CROPS = [(x, y, x + 320, y + 240) for y in (0, 120, 240) for x in (0, 107, 213, 320)]
"""Of a scene, each a picture; what is cut to less than half of it is no object there."""
WORKERS = {"local": re.compile(rb"multiprocessing.spawn.*spawn_main"), "ray": re.compile(rb"^ray::.*Hand")}
"""How the system names the processes that examine."""


def write_crops(folder: Path, count: int) -> None:
    """So many parts of scenes, and `annotations.json` with their boxes as COCO has them."""
    folder.mkdir(parents=True)
    images, annotations = [], []
    for number in range(count):
        which, part = divmod(number, len(CROPS))
        if part == 0:
            scene = draw_scene(which)
        crop = CROPS[part]
        name = f"{which:05}-{part:02}.png"
        scene.image.crop(crop).save(folder / name)
        images.append({"id": number, "file_name": name, "width": 320, "height": 240})
        for (x0, y0, x1, y1), label in zip(scene.boxes_in_image.tolist(), scene.labels.tolist(), strict=True):
            left, top, right, bottom = max(x0, crop[0]), max(y0, crop[1]), min(x1, crop[2]), min(y1, crop[3])
            if left < right and top < bottom and 2 * (right - left) * (bottom - top) >= (x1 - x0) * (y1 - y0):
                box = [left - crop[0], top - crop[1], right - left, bottom - top]
                one = {"id": len(annotations), "image_id": number, "category_id": label, "bbox": box}
                annotations.append(one | {"area": box[2] * box[3], "iscrowd": 0})
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")


def command(named: Path, out: Path, engine: str) -> list[str]:
    """The line that examines a set."""
    changes = [word for setting in SETTINGS for word in ("--set", setting)]
    line = ["waterfall", str(named), "--device", "cpu", "--out", str(out), "--engine", engine, "--workers", "2"]
    return [sys.executable, "-m", "frcnn_viz", *line, *changes]


def run_once(line: list[str]) -> tuple[float, str]:
    """Seconds, and what it told."""
    start = time.perf_counter()
    told = subprocess.run(line, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, told.stderr


def run_killed(line: list[str], out: Path, engine: str, kills: int, chance: random.Random) -> tuple[float, list[str]]:
    """The same, whose workers and drivers are killed in turn, once so many shards are done; seconds, and what was."""
    start, driver, killed, folder = time.perf_counter(), begin(line), list[str](), ResultsFolder(out)
    wait_until(lambda: (out / "run.json").is_file())
    shards = folder.plan.shards
    for number, wanted in enumerate(sorted(chance.sample(range(1, shards - 1), kills))):
        wait_until(lambda wanted=wanted: len(done(folder)) >= wanted, 600)
        if number % 2:
            kept, children = done(folder), list(descendants(driver.pid))
            driver.send_signal(signal.SIGKILL)
            driver.wait()
            wait_until(lambda children=children: not any(map(is_alive, children)))
            driver = begin(line)
            killed.append(f"driver at {len(kept)} shards")
        else:
            wait_until(lambda driver=driver: workers_of(driver, engine))
            os.kill(chance.choice(workers_of(driver, engine)), signal.SIGKILL)
            killed.append(f"worker at {len(done(folder))} shards")
        print(f"  killed a {killed[-1]}, {time.perf_counter() - start:.0f} s after the start", flush=True)
    assert driver.wait() == 0
    return time.perf_counter() - start, killed


def begin(line: list[str]) -> subprocess.Popen:
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def workers_of(driver: subprocess.Popen, engine: str) -> list[int]:
    return [child for child in descendants(driver.pid) if WORKERS[engine].search(_words(child))]


def descendants(parent: int) -> Iterator[int]:
    """Processes that it started, and those that these did."""
    try:
        threads = list(Path(f"/proc/{parent}/task").iterdir())
        children = {int(child) for thread in threads for child in (thread / "children").read_text().split()}
    except OSError:
        return
    for child in children:
        yield child
        yield from descendants(child)


def is_alive(process: int) -> bool:
    return bool(_words(process))


def _words(process: int) -> bytes:
    """A process's command line; of one that ended, nothing."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def compare(place: Path, images: int, kills: int, seed: int, engines: list[str]) -> None:
    """Print what it takes, and fail where files differ."""
    print(machine())
    named = place / "set"
    if not named.exists():
        write_crops(named, images)
    print(" ".join(["frcnn-viz", *command(named, place / "OUT", "ENGINE")[3:]]))
    seconds, told = run_once(command(named, place / "expected", "local"))
    print(f"local, undisturbed: {seconds:.0f} s; {' '.join(told.split())}", flush=True)
    expected = contents(ResultsFolder(place / "expected"))
    for engine in engines:
        out = place / engine
        seconds, killed = run_killed(command(named, out, engine), out, engine, kills, random.Random(seed))
        folder = ResultsFolder(out)
        assert not list(pending(folder, folder.plan))
        assert contents(folder) == expected, "the files differ"
        print(f"{engine}: {seconds:.0f} s, killed {len(killed)} times; {len(expected)} files are the same", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__)
    parser.add_argument("--images", type=int, default=3_000, help="(3,000)")
    parser.add_argument("--kills", type=int, default=10, help="of each engine (10)")
    parser.add_argument("--seed", type=int, default=0, help="of when they come")
    parser.add_argument("--engine", choices=WORKERS, help="that one alone")
    parser.add_argument("--keep", type=Path, help="where all of it stays")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        compare(
            asked.keep or Path(place),
            asked.images,
            asked.kills,
            asked.seed,
            [asked.engine] if asked.engine else list(WORKERS),
        )
