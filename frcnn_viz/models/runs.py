"""Every step of a run that was kept is a detector: `run:NAME@STEP`, and `run:NAME` is the last one.

`class:NAME@STEP` is a step of a run of the teacher's, whatever runs of one's own are called.

runs/NAME/run.json                 the run; its `detector` is read here
runs/NAME/still.safetensors        the weights that no step changes; lacking where all do
runs/NAME/steps/STEP.safetensors   those that learn, and the norms' statistics, as float32: the very values trained
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.entry import HALF, RANDOM, Entry, ModelError
from frcnn_viz.models.own import numbered
from frcnn_viz.models.variant import Variant, alter

PREFIX, CLASS = "run:", "class:"
NEW_LAYER = "Its last layer is new and untrained: its classes are guesses."
STILL = "still.safetensors"
MOST_BYTES = 1_000_000
"""Of a `run.json`."""
Known = Callable[[Path], Mapping[str, Entry]]
"""The detectors that runs of a workspace may begin with, besides other runs; it gets the workspace's folder."""


def runs_folder() -> Path:
    """Where one's own runs are: in the workspace's folder."""
    return tenant().folder / "runs"


def is_step(name: str) -> bool:
    """Whether a detector's name is that of a run, or of a step of one."""
    return name.startswith((PREFIX, CLASS))


def folder_of(name: str) -> Path:
    """Where a run lies, by its detector's name."""
    return _home(name, tenant().folder) / "runs" / _run(name)


def kept_steps(folder: Path) -> dict[int, Path]:
    """The weights that a run's folder keeps, by step, in order."""
    found = {int(path.stem): path for path in (folder / "steps").glob("*.safetensors") if path.stem.isdecimal()}
    return dict(sorted(found.items()))


def latest(known: Known) -> dict[str, Entry]:
    """The last kept step of each run that has one, of one's own by `run:NAME`, of the class's by `class:NAME`."""
    found = {}
    for prefix in (CLASS, PREFIX) if tenant().shared else (PREFIX,):
        for path in sorted((_home(prefix, tenant().folder) / "runs").glob("*/run.json")):
            with suppress(ModelError):  # such as one that has kept nothing yet
                name = f"{prefix}{path.parent.name}"
                found[name] = find_step(name, known)
    return found


def find_step(name: str, known: Known, home: Path | None = None, seen: tuple[Path, ...] = ()) -> Entry:
    """The detector that `run:NAME`, `run:NAME@STEP`, `class:NAME` or `class:NAME@STEP` names.

    Args:
        name: of the detector.
        known: what runs may begin with.
        home: the folder of the workspace whose runs are called `run:`; one's own where it is None.
        seen: the runs that began with it.

    Raises:
        ModelError: there is no such run or step, or what it began with is gone.
    """
    home = _home(name, home or tenant().folder)
    run, at, number = _run(name), *name.partition("@")[1:]
    folder = home / "runs" / run
    if not _is_there(folder, home):
        raise ModelError(f"the run {run[:80]!r} is not there; it was removed, or never started here.")
    if folder in seen:
        raise ModelError(f"the run {seen[-1].name!r} says that it began with itself; its `run.json` is damaged.")
    steps = kept_steps(folder)
    if not steps:
        raise ModelError(f"the run {run!r} has kept no step yet; wait until it has.")
    if at and not (number.isdecimal() and len(number) <= 12 and int(number) in steps):
        had = ", ".join(map(str, steps)) if len(steps) <= 12 else f"{len(steps)} from {min(steps)} to {max(steps)}"
        raise ModelError(f"the run {run!r} has kept no step {number[:20]!r}; it has {had}.")
    step = int(number) if at else max(steps)
    variant = _variant(folder)
    base = _base(variant.base, known, home, (*seen, folder))
    file, still = steps[step], folder / STILL
    return Entry(
        name=name,
        title=f"{run}, step {step:,}",
        note=f"A run from {base.title}, after {step:,} steps.",
        build=partial(_build, base, variant),
        classes=variant.labels(base.classes),
        file=file,
        still=still if still.is_file() else None,
        home=home,
        warning="" if step else _untrained(base, variant),
        version=f"{step} {_mark(file)}",
    )


def _home(name: str, own: Path) -> Path:
    """The workspace's folder that a run's name means; to the teacher the class's runs are one's own."""
    return tenant().shared or own if name.startswith(CLASS) else own


def _run(name: str) -> str:
    return name.partition(":")[2].partition("@")[0]


def _is_there(folder: Path, home: Path) -> bool:
    try:
        inside = folder.name not in ("", "..") and folder.parent == home / "runs"
        return inside and replace(tenant(), folder=home).holds(folder) and (folder / "run.json").is_file()
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


def _base(name: str, known: Known, home: Path, seen: tuple[Path, ...]) -> Entry:
    if is_step(name):
        return find_step(name, known, home, seen)
    found = known(home)
    if name not in found:
        raise ModelError(f"the run {seen[-1].name!r} began with {name!r}, which is not there any more.")
    return found[name]


def _build(base: Entry, variant: Variant, _: int) -> GeneralizedRCNN:
    model = base.build(len(base.classes))
    return alter(model, variant, base.classes or numbered(model))


def _mark(path: Path) -> str:
    """Tells this file from another one that takes its place."""
    with suppress(OSError):
        stat = path.stat()
        return f"{stat.st_ino} {stat.st_mtime_ns} {stat.st_size}"
    return ""
