"""What the program stands on here, looked at part by part: each tells facts, what is broken, and what to know.

Nothing heavy is loaded before its own part looks at it, so that one which cannot be loaded is told like any other.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from frcnn_viz import __version__
from frcnn_viz.cli.window import BROWSER_VARIABLE, find_browser
from frcnn_viz.extras import EXTRAS, MissingExtraError, lacking, need
from frcnn_viz.paths import APP, DOCS, ROOT

PACKAGE = "frcnn-viz"
LITTLE_DISK, LITTLE_MEMORY = 2**30, 2**30
"""Bytes that are free: with fewer one is warned."""


@dataclass(frozen=True)
class Part:
    """What was seen of one part.

    Attributes:
        name: of the part. facts: by name, as JSON holds them; a name that ends in `bytes` counts them.
        broken: a sentence for each thing that the program needs and that does not work, and what to do.
        warnings: a sentence for each thing that one should know, and what can be done.
    """

    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def look(folder: Path | None) -> Iterator[Part]:
    """Every part, with the workspace in `folder` or the usual one; it is opened as the app does it, but never made.

    Without torch, what is built on it cannot be looked at.
    """
    yield versions()
    yield extras()
    yield browser()
    compute = devices()
    yield compute
    if not compute.broken:
        from frcnn_viz.data.tenant import default_folder

        folder = (folder or default_folder()).expanduser().resolve()
        yield weights()
        yield memory()
        yield workspace(folder)
        yield port(folder)


def versions() -> Part:
    """Of what is always needed, as the package's own metadata says."""
    facts, broken = {PACKAGE: __version__, "python": platform.python_version(), "files": str(ROOT)}, []
    if not (APP.is_file() and (DOCS / "words.md").is_file()):
        broken.append(f"The app's own files are not in {ROOT}; install {PACKAGE} again.")
    try:
        needed = [Requirement(text) for text in importlib.metadata.requires(PACKAGE) or ()]
    except importlib.metadata.PackageNotFoundError:
        needed = []  # run from a folder, without an installation
    for one in needed:
        if one.marker is None or one.marker.evaluate({"extra": ""}):
            facts[one.name] = found = _version(one.name)
            if found is None:
                broken.append(f'{one.name} is not installed; run `pip install "{one}"`.')
            elif not one.specifier.contains(found, prereleases=True):
                broken.append(f'{one.name} is {found}, but {one.specifier} is needed; run `pip install "{one}"`.')
    return Part("versions", facts, tuple(broken))


def extras() -> Part:
    """The version of each extra that is here, and the sentence of each that is not; none has to be."""
    facts = {}
    for name, extra in EXTRAS.items():
        try:
            need(name)
            facts[name] = getattr(import_module(extra.module.partition(".")[0]), "__version__", "here")
        except MissingExtraError as error:
            facts[name] = str(error)
    return Part("extras", facts)


def devices() -> Part:
    """Whether torch and torchvision work together, and what they can compute on."""
    try:
        import torch
        from torchvision.ops import nms

        nms(torch.zeros(1, 4), torch.zeros(1), 0.5)  # one of torchvision's compiled operators
    except Exception as error:  # whatever a broken installation raises
        why = next(iter(str(error).splitlines()), type(error).__name__)
        told = f"torch and torchvision do not work together here ({why}); install both again, in one command."
        return Part("devices", {}, (told,))
    from frcnn_viz.models.registry import available_devices

    cards = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    facts: dict[str, Any] = {"devices": available_devices()}
    facts |= {f"cuda:{index}": card.name for index, card in enumerate(cards)}
    facts |= {f"cuda:{index} bytes": card.total_memory for index, card in enumerate(cards)}
    unused = not cards and shutil.which("nvidia-smi")
    told = (
        f"An NVIDIA driver is here, but torch {torch.__version__} finds no GPU: `nvidia-smi` tells whether the driver "
        "works, https://pytorch.org/get-started how a torch for CUDA is installed."
    )
    return Part("devices", facts, (), (told,) if unused else ())


def weights() -> Part:
    """Which detectors have their weights here; that which opens first is really loaded."""
    from frcnn_viz.models.registry import DEFAULT_DETECTOR, EMBEDDED, ModelError, entries, load_detector
    from frcnn_viz.models.weights import WeightsError

    here = {entry.name: entry.is_here for entry in entries().values()}
    broken = [
        f"The weights of {name} are not in {ROOT}; install {PACKAGE} again." for name in EMBEDDED if not here[name]
    ]
    if here[DEFAULT_DETECTOR]:
        try:
            load_detector(DEFAULT_DETECTOR, "cpu")
        except (ModelError, WeightsError) as error:
            broken.append(str(error))
    facts = {"here": [name for name in here if here[name]], "to be fetched": [name for name in here if not here[name]]}
    return Part("weights", facts, tuple(broken))


def memory() -> Part:
    """What the machine has, what of it is free, and what the app may hold."""
    from frcnn_viz.ui.budget import budget, cgroup_limits, free, machine

    facts, warnings = {"in all bytes": min([machine(), *cgroup_limits()])}, []
    if (left := free()) is not None:
        facts["free bytes"] = left
        if left < LITTLE_MEMORY:
            warnings.append(f"Only {as_size(left)} of memory is free; close something, or large pictures may not open.")
    try:
        facts["for the app bytes"] = budget()
    except ValueError as error:
        return Part("memory", facts, (str(error),), tuple(warnings))
    return Part("memory", facts, (), tuple(warnings))


def workspace(folder: Path) -> Part:
    """The folder of the user's images: whether it can be written to, what is in it, what of that is damaged."""
    from frcnn_viz.data.annotations import DataError
    from frcnn_viz.data.workspace import Workspace

    facts: dict[str, Any] = {"folder": str(folder), "there": folder.exists()}
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        tempfile.TemporaryFile(dir=nearest).close()
        opened = Workspace(folder) if folder.exists() else None
    except OSError as error:
        told = f"The workspace {folder} cannot be written to ({error.strerror}); name another folder with --workspace."
        return Part("workspace", facts, (told,))
    except DataError as error:
        return Part("workspace", facts, (str(error),))
    free, warnings = shutil.disk_usage(nearest).free, []
    if free < LITTLE_DISK:
        warnings.append(f"Only {as_size(free)} are free where the workspace {folder} lies; make room.")
    if opened:
        warnings += [*opened.told, *opened.damaged().values()]
        for key in opened.clips.ids():
            try:
                opened.clips.clip(key)
            except DataError as error:
                warnings.append(f"{error} (clip {key})")
        facts |= {"images": len(opened.ids), "clips": len(opened.clips.ids())}
        facts["bytes"] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Part("workspace", facts | {"free bytes": free}, (), tuple(warnings))


def browser() -> Part:
    """What can give the app a window of its own."""
    if found := find_browser():
        return Part("window", {"opened by": found})
    named = os.environ.get(BROWSER_VARIABLE)
    wrong = (f"{BROWSER_VARIABLE} names {named}, which cannot be run; name another, or none.",) if named else ()
    here = importlib.util.find_spec(EXTRAS["window"].module) is not None
    return Part("window", {"opened by": "pywebview" if here else lacking("window")}, (), wrong)


def port(folder: Path) -> Part:
    """Where the app answers now, or would."""
    from frcnn_viz.ui.running import find, free_port

    if running := find(folder):
        return Part("app", {"answers at": running.link({})})
    try:
        return Part("app", {"would answer at port": free_port("localhost")})
    except ValueError as error:
        return Part("app", {}, (str(error),))


def as_size(count: int) -> str:
    """Bytes as people read them, in powers of 1,000."""
    unit = next((name for name, size in _UNITS.items() if count >= size), "bytes")
    return f"{count / _UNITS.get(unit, 1):.3g} {unit}"


_UNITS = {"TB": 10**12, "GB": 10**9, "MB": 10**6, "kB": 10**3}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
