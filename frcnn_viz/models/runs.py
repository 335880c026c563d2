"""Every step of a run that was kept is a detector: `run:NAME@STEP`, and `run:NAME` is the last one.

runs/NAME/run.json                 the run; its `detector` is read here
runs/NAME/still.safetensors        the weights that no step changes; lacking where all do
runs/NAME/steps/STEP.safetensors   those that learn, and the norms' statistics, as float32: the very values trained
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.entry import HALF, RANDOM, Entry, ModelError
from frcnn_viz.models.own import numbered
from frcnn_viz.models.variant import Variant, alter

PREFIX = "run:"
NEW_LAYER = "Its last layer is new and untrained: its classes are guesses."
STILL = "still.safetensors"
MOST_BYTES = 1_000_000
"""Of a `run.json`."""


def runs_folder() -> Path:
    """Where the runs are: in the workspace's folder."""
    return tenant().folder / "runs"


def kept_steps(folder: Path) -> dict[int, Path]:
    """The weights that a run's folder keeps, by step, in order."""
    found = {int(path.stem): path for path in (folder / "steps").glob("*.safetensors") if path.stem.isdecimal()}
    return dict(sorted(found.items()))


def latest(known: Mapping[str, Entry]) -> dict[str, Entry]:
    """The last kept step of each run that has one, by `run:NAME`.

    `known` are the detectors that runs may begin with, besides other runs.
    """
    found = {}
    for path in sorted(runs_folder().glob("*/run.json")):
        with suppress(ModelError):  # such as one that has kept nothing yet
            name = f"{PREFIX}{path.parent.name}"
            found[name] = find_step(name, known)
    return found


def find_step(name: str, known: Mapping[str, Entry], seen: tuple[str, ...] = ()) -> Entry:
    """The detector `run:NAME` or `run:NAME@STEP`.

    Raises:
        ModelError: there is no such run or step, or what it began with is gone.
    """
    run, at, number = name.removeprefix(PREFIX).partition("@")
    folder = runs_folder() / run
    if not _is_there(folder):
        raise ModelError(f"the run {run[:80]!r} is not there; it was removed, or never started here.")
    steps = kept_steps(folder)
    if not steps:
        raise ModelError(f"the run {run!r} has kept no step yet; wait until it has.")
    if at and not (number.isdecimal() and len(number) <= 12 and int(number) in steps):
        had = ", ".join(map(str, steps)) if len(steps) <= 12 else f"{len(steps)} from {min(steps)} to {max(steps)}"
        raise ModelError(f"the run {run!r} has kept no step {number[:20]!r}; it has {had}.")
    step = int(number) if at else max(steps)
    variant = _variant(folder)
    base = _base(variant.base, known, (*seen, run))
    file, still = steps[step], folder / STILL
    return Entry(
        name=name,
        title=f"{run}, step {step:,}",
        note=f"A run from {base.title}, after {step:,} steps.",
        build=partial(_build, base, variant),
        classes=variant.labels(base.classes),
        file=file,
        still=still if still.is_file() else None,
        warning="" if step else _untrained(base, variant),
        version=f"{step} {_mark(file)}",
    )


def _is_there(folder: Path) -> bool:
    try:
        inside = folder.name not in ("", "..") and folder.parent == runs_folder() and tenant().holds(folder)
        return inside and (folder / "run.json").is_file()
    except OSError:  # no name of a file
        return False


def _untrained(base: Entry, variant: Variant) -> str:
    """What is to be said of a run's weights before its first step."""
    if variant.random_weights:
        return RANDOM
    if base.backbone:
        return HALF
    return NEW_LAYER if variant.labels(base.classes) != base.classes else base.warning


def _variant(folder: Path) -> Variant:
    path = folder / "run.json"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("it is too large")
        return Variant.from_dict(json.loads(path.read_bytes())["detector"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise ModelError(f"{path} is damaged ({error}), so the run's steps cannot be opened.") from error


def _base(name: str, known: Mapping[str, Entry], seen: tuple[str, ...]) -> Entry:
    if name in known:
        return known[name]
    if not name.startswith(PREFIX):
        raise ModelError(f"the run {seen[-1]!r} began with {name!r}, which is not there any more.")
    if name.removeprefix(PREFIX).partition("@")[0] in seen:
        raise ModelError(f"the run {seen[-1]!r} says that it began with itself; its `run.json` is damaged.")
    return find_step(name, known, seen)


def _build(base: Entry, variant: Variant, _: int) -> GeneralizedRCNN:
    model = base.build(len(base.classes))
    return alter(model, variant, base.classes or numbered(model))


def _mark(path: Path) -> str:
    """Tells this file from another one that takes its place."""
    with suppress(OSError):
        stat = path.stat()
        return f"{stat.st_ino} {stat.st_mtime_ns} {stat.st_size}"
    return ""
