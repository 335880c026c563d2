"""Runs so small that a step takes a tenth of a second."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frcnn_viz.data.annotations import AnnotatedImage, Object
from frcnn_viz.data.formats.voc import write_voc
from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.line import Line
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.run import Run
from frcnn_viz.training.signals import STARTING, Signals, Status
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder
from frcnn_viz.training.trainer import Trainer
from frcnn_viz.training.waiting import attend


def write_pictures(folder: Path, count: int = 4) -> Path:
    """A set of noisy pictures of 64 x 48 with a square on each, as VOC, and beside it a list of two of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        pixels = np.random.default_rng(n).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        pixels[10:34, 8 + n : 32 + n] = 250
        Image.fromarray(pixels).save(folder / f"{n}.png")
        annotated = AnnotatedImage(f"{n}.png", (Object((8.0 + n, 10.0, 32.0 + n, 34.0), "square"),), 64, 48)
        (folder / f"{n}.xml").write_bytes(write_voc(annotated))
    folder.with_suffix(".txt").write_text("1\n2\n")
    return folder


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    """The folder of such a set."""
    return write_pictures(tmp_path / "set")


def small_run(data: Path, name: str = "small", steps: int = 4, **changes: object) -> Run:
    """Of the street detector at a tenth of its size."""
    detector = Variant("street-c4", classes=("square",), min_size=48, max_size=64)
    apart = {"validation_list": str(data.with_suffix(".txt"))}
    plan = {**apart, "keep_every": 2, "evaluate_every": 2, "device": "cpu", **changes}
    recipe = Recipe(steps, batch=1, warm_up=2, half=False, upside_down=True, light=True)
    return Run(name, recipe, detector, data=str(data), **plan)


def trained_here(run: Run) -> RunFolder:
    """Do all of a run in this process."""
    folder = RunFolder.create(run, take(run))
    Trainer(folder).go()
    return folder


def attended(folder: Signals, kind: str = "process") -> int:
    """Do what the process of a run, or of one of the `experiments`, does, in this process; its exit status."""
    folder.let_go_on()
    ticket = Line(tenant()).draw()
    folder.say(Status(STARTING, folder.status.step, ticket=ticket))
    return attend(f"frcnn_viz.training.{kind}", folder, ticket)


def hashes(folder: RunFolder) -> dict[int, str]:
    """Of the kept weights, by step."""
    return {step: hashlib.sha256(path.read_bytes()).hexdigest() for step, path in folder.steps.items()}


def measured(folder: RunFolder) -> list[dict]:
    """The metrics without how long each step took."""
    return [{name: value for name, value in line.items() if name != "seconds"} for line in folder.metrics()]


def wait(wanted: Callable[[], object], seconds: float = 60) -> None:
    """Until that is so."""
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)
