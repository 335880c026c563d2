"""A small set with everything in it, and runs over it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from frcnn_viz.data.annotations import AnnotatedImage, Dataset, Object
from frcnn_viz.data.formats import write_dataset
from frcnn_viz.data.scenes import CLASSES, draw_scene
from frcnn_viz.models.registry import Detector, load_detector
from frcnn_viz.paths import MODEL_VARIABLE
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.scale.folder import Plan, ResultsFolder
from frcnn_viz.scale.planning import make_plan
from frcnn_viz.scale.work import plan_of
from tests.scale import deadly

SHARDS = 4
PICTURES = 24
TALL = "s08-tall.png"
BROKEN = ("broken.png", "square.png", "thin.png")


def write_set(folder: Path, count: int = PICTURES, tall: bool = False) -> Path:
    """Small scenes, some objects of them crowds, flat or strange; broken, square and thin ones; maybe a tall one.

    The tall one comes in the midst of the others.
    """
    images, sizes = (
        [],
        {"square.png": (160, 160), "thin.png": (3000, 1)} | ({TALL: (80, 160)} if tall else {}),
    )
    folder.mkdir()
    for number in range(count):
        scene, name = draw_scene(6_000 + number), f"s{number:02d}.png"
        scene.image.resize((160, 120)).save(folder / name)
        scale = scene.image.width / 160
        objects = [
            Object(tuple(side / scale for side in box), CLASSES[label - 1], crowd=number % 7 == 1 and place == 0)
            for place, (box, label) in enumerate(zip(scene.boxes_in_image.tolist(), scene.labels.tolist(), strict=True))
        ]
        objects += [Object((5, 5, 5, 9), "car")] * (number % 5 == 0) + [Object((9, 9, 40, 50), "cell")] * (number == 3)
        images.append(AnnotatedImage(name, tuple(objects), 160, 120))
    for name, size in sizes.items():
        Image.new("RGB", size, "grey").save(folder / name)
        images.append(AnnotatedImage(name, (Object((1, 0, 30, 1), "car"),), *size))
    (folder / "broken.png").write_bytes(b"no picture")
    images.append(AnnotatedImage("broken.png", (Object((1, 1, 30, 30), "car"),), 160, 120))
    pictures = {image.name: (folder / image.name).read_bytes() for image in images}
    write_dataset(Dataset(tuple(images), CLASSES), "coco", folder / "set", lambda image: pictures[image.name])
    return folder / "set"


def open_detector(monkeypatch: pytest.MonkeyPatch) -> Detector:
    """The detector of all runs, which the processes find too."""
    monkeypatch.setenv(MODEL_VARIABLE, deadly.NAME)
    return load_detector(deadly.NAME, "cpu")


def plan_run(named: Path, out: Path, detector: Detector, **changes: object) -> tuple[ResultsFolder, Plan]:
    """A run with several shards, begun or gone on with; `changes` are settings, or `fixes`."""
    folder, fixes = ResultsFolder(out), bool(changes.pop("fixes", False))
    settings = Settings.of(detector.model).replace(**changes)
    plan = replace(plan_of("set", detector, settings, fixes=fixes), shards=SHARDS)
    if not (out / "run.json").exists():
        folder.plan = plan
    return folder, make_plan(str(named), folder, plan)


def contents(folder: ResultsFolder) -> dict[str, str]:
    """Of every file that is the same whoever computed it: its digest."""
    files = [path for table in ("findings", "images") for path in (folder.path / table).iterdir()]
    return {str(path.relative_to(folder.path)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def done(folder: ResultsFolder) -> dict[str, int]:
    """The shards that stand, and when they were written."""
    return {path.name: path.stat().st_mtime_ns for path in (folder.path / "images").glob("*.parquet")}


def wait_until(holds: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
