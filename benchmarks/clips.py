"""A clip examined frame by frame, beside a plain loop over the same decoded frames; and its memory over a long one."""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from unittest.mock import patch

import torch

from benchmarks.measure import Row, medians
from frcnn_viz.analysis.footage import Footage
from frcnn_viz.data.clips import find_clip
from frcnn_viz.models.registry import load_detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.transform import as_float

LONG = 3_000


def clip_rows(name: str, repeats: int) -> list[Row]:
    """At least 0.9 of a plain loop's frames a second."""
    footage = _footage(name)
    frames = [footage.load(frame) for frame in range(footage.clip.count)]

    def plain() -> None:
        with torch.inference_mode():
            for frame in frames:
                footage.detector.model([as_float(frame)])

    numbers = count()

    def examine() -> Callable[[], object]:
        of = replace(footage.clip, name=f"turn {next(numbers)}")  # nothing of it is kept
        return lambda: replace(footage, clip=of, load=frames.__getitem__).examine(lambda done, total: None)

    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, FRCNN_VIZ_WORKSPACE=folder):
        ms = medians({"plain": lambda: plain, "examined": examine}, repeats)
    what = f"{len(frames)} frames of a clip examined, over a plain loop"
    return [Row(what, name, ms["examined"], ms["plain"], 1.111)]


def long_clip(name: str = "street-fpn", frames: int = LONG) -> None:
    """Print the memory while a clip of many frames is examined."""
    footage = _footage(name)
    short = footage.clip
    turned = replace(
        short,
        name="long",
        times=tuple(0.1 * frame for frame in range(frames)),
        pixels=lambda frame: short.pixels(frame % short.count),
        told=lambda frame: short.told(frame % short.count),
    )

    def tell(done: int, total: int) -> None:
        if done % 300 == 0:
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
            print(f"{done:,} of {total:,} frames: {_resident():.0f} MB, at most {most:.0f} MB", flush=True)

    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, FRCNN_VIZ_WORKSPACE=folder):
        replace(footage, clip=turned, load=turned.pixels).examine(tell)
        tell(0, frames)


def _footage(name: str) -> Footage:
    clip, detector = find_clip("crossing"), load_detector(name)
    return Footage(clip, detector, Settings.of(detector.model), clip.pixels)


def _resident() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


if __name__ == "__main__":
    long_clip()
