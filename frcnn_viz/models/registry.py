"""The detectors one can open: loaded once for all sessions, on any device; who has most gives up the longest unused."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.data.tenant import tenant
from frcnn_viz.models import own, runs
from frcnn_viz.models.cells import cells_fpn
from frcnn_viz.models.entry import BACKGROUND, HALF, RANDOM, Entry, ModelError
from frcnn_viz.models.hub import read_hub_file
from frcnn_viz.models.pretrained import PRETRAINED
from frcnn_viz.models.street import street_c4, street_fpn
from frcnn_viz.models.taught import TAUGHT, backbone_names
from frcnn_viz.models.weights import fit_state, load_weights
from frcnn_viz.paths import ASSETS
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.pipeline.memory import digest
from frcnn_viz.pipeline.shares import Shares

STREET_CLASSES = (BACKGROUND, "person", "car", "ball", "tree", "house", "bird")
CELL_CLASSES = (BACKGROUND, "RBC", "WBC", "Platelets")
DEFAULT_DETECTOR = "street-fpn"
HOW = {
    own.PREFIX: "add the checkpoint again",
    runs.PREFIX: "train it again",
    runs.CLASS: "ask your teacher for them",
    "cells-": "`assets/cells-fpn.md` tells how they are made",
}
"""How weights come back, by how a detector's name begins."""
MOST_BYTES = 3 * 2**30
"""Of the weights of all loaded detectors."""


class Key(NamedTuple):
    """Which detector is loaded.

    Attributes:
        folder: of the workspace that its weights are in, since each may have another of that name; None where they are
            in none, and so everybody's.
        name, version: of the entry. device: its kind. random: whether its weights are.
    """

    folder: Path | None
    name: str
    version: str
    device: str
    random: bool


EMBEDDED = {
    entry.name: entry
    for entry in (
        Entry(
            name="street-fpn",
            title="Street scenes, FPN",
            note="A small ResNet with a feature pyramid: five maps, one anchor size on each.",
            build=street_fpn,
            classes=STREET_CLASSES,
            file=ASSETS / "street-fpn.safetensors",
        ),
        Entry(
            name="street-c4",
            title="Street scenes, one map (the paper's form)",
            note="One feature map at stride 16 with nine anchors per cell: watch what it does to small objects.",
            build=street_c4,
            classes=STREET_CLASSES,
            file=ASSETS / "street-c4.safetensors",
        ),
        Entry(
            name="cells-fpn",
            title="Blood cells, FPN",
            note="Photographs: red cells (RBC), white cells (WBC) and platelets, with anchors of their sizes.",
            build=cells_fpn,
            classes=CELL_CLASSES,
            file=ASSETS / "cells-fpn.safetensors",
        ),
    )
}
"""Those that come with the program."""
ENTRIES = EMBEDDED | PRETRAINED | TAUGHT


def entries() -> dict[str, Entry]:
    """Every detector that can be asked for by name, one's own and the class's among them; of each run the last step."""
    one, known = tenant(), cache(_without_runs)
    return (known(one.shared) if one.shared else {}) | known(one.folder) | runs.latest(known)


def _without_runs(home: Path) -> dict[str, Entry]:
    """Those that come with the program, and those that the workspace in the folder `home` keeps."""
    return ENTRIES | own.checkpoints(ENTRIES, home) | own.factory()


def find_entry(name: str) -> Entry:
    """The detector of that name.

    Raises:
        ModelError: there is none.
    """
    if name in ENTRIES:  # the others are looked for on disk
        return ENTRIES[name]
    if runs.is_step(name):
        return runs.find_step(name, cache(_without_runs))
    known = entries()
    if name not in known:
        raise ModelError(f"there is no detector {name!r}; choose one of {', '.join(known)}.")
    return known[name]


def is_known(name: str) -> bool:
    """Whether there is a detector of that name; steps of runs are that too, which `entries` does not list."""
    try:
        return bool(find_entry(name))
    except ModelError:
        return False


@dataclass(frozen=True, eq=False)
class Detector:
    """A model ready to be traced, and what its labels mean.

    Attributes:
        name, title, note: from the registry.
        model: in evaluation mode; shared, so never to be written to.
        classes: by label; 0 is the background. keypoints: their names, where it has a head for them.
        warning: what every page has to say of its weights; empty where they are trained.
    """

    name: str
    title: str
    note: str
    model: GeneralizedRCNN
    classes: tuple[str, ...]
    keypoints: tuple[str, ...] = ()
    warning: str = ""

    def __repr__(self) -> str:
        classes = ", ".join(self.classes[1:4]) + (", ..." if len(self.classes) > 4 else "")
        return f"Detector {self.name!r} on {self.device}: {len(self.classes) - 1} classes ({classes})"

    @property
    def trained(self) -> bool:
        """Whether all of its weights were."""
        return not self.warning

    @property
    def device(self) -> torch.device:
        """Where the model's weights are."""
        return next(self.model.parameters()).device

    @cached_property
    def nbytes(self) -> int:
        """Bytes of its weights."""
        return sum(tensor.nbytes for tensor in self.model.state_dict().values())

    @cached_property
    def fingerprint(self) -> str:
        """Names the weights: 64 hexadecimal digits of every tensor's name, type, shape and values."""
        names = hashlib.sha256()
        for name, tensor in self.model.state_dict().items():
            names.update(f"{name} {digest(tensor)}\n".encode())
        return names.hexdigest()


def choose_device(device: str = "auto") -> torch.device:
    """The device called `auto`, `cpu`, `cuda` or `mps`; auto prefers CUDA, then MPS.

    Raises:
        ModelError: this machine has no such device.
    """
    available = available_devices()
    if device == "auto":
        return torch.device(available[0])
    if device not in available:
        raise ModelError(f"device {device!r} cannot be used here; choose auto, {' or '.join(available)}.")
    return torch.device(device)


def available_devices() -> list[str]:
    """The kinds of device this machine has, the fastest first."""
    found = ["cuda"] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def load_detector(name: str = DEFAULT_DETECTOR, device: str = "auto", *, random_weights: bool = False) -> Detector:
    """Build a detector, load its weights, and move it to a device; one copy per process.

    Args:
        name: of the registry.
        device: as `choose_device` takes it.
        random_weights: skip the weights; the same random ones each time.

    Raises:
        ModelError, WeightsError: no such name or device, or its weights file is missing or does not fit.
    """
    entry, at = find_entry(name), choose_device(device)
    key = Key(entry.home, name, entry.version, at.type, random_weights)
    with _LOADING:
        if key not in _LOADED:
            _LOADED[key] = _load(entry, at, random_weights)
        _LOADED.move_to_end(key)
        _give_up(key)
        return _LOADED[key]


def make_model(name: str, *, random_weights: bool = False, seed: int = 0) -> GeneralizedRCNN:
    """A detector's model that is the caller's alone: on the CPU, and to be written to.

    Args:
        name: of the registry.
        random_weights: skip the weights.
        seed: of what is random in them.

    Raises:
        ModelError, WeightsError: as `load_detector`.
    """
    entry = find_entry(name)
    model = _build(entry, entry.classes, seed)
    if not random_weights:
        _fill(entry, model)
    return model


def untrained(name: str) -> GeneralizedRCNN:
    """A detector of the registry with random weights, for what needs its shapes alone.

    Raises:
        ModelError: no such name.
    """
    entry = find_entry(name)
    return _build(entry, entry.classes).eval()


def _load(entry: Entry, device: torch.device, random_weights: bool) -> Detector:
    model = _build(entry, entry.classes)
    warning = RANDOM if random_weights else _fill(entry, model) or entry.warning
    model.eval().requires_grad_(False).to(device)
    classes = entry.classes or own.numbered(model)
    return Detector(entry.name, entry.title, entry.note, model, classes, entry.keypoints, warning)


def _build(entry: Entry, classes: tuple[str, ...], seed: int = 0) -> GeneralizedRCNN:
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False):
        torch.default_generator.manual_seed(seed)
        return entry.build(len(classes))


def _fill(entry: Entry, model: GeneralizedRCNN) -> str:
    """Load the weights it is meant to have; returns what is to be said of them."""
    if entry.file:
        if not entry.file.is_file():
            prefix = next((one for one in HOW if entry.name.startswith(one)), "")
            how = HOW.get(prefix, f"run `frcnn-viz train-embedded {entry.name}` to make them")
            raise ModelError(f"the weights of {entry.name} are not at {entry.file}; {how}.")
        load_weights(model, entry.file, entry.still)
    elif entry.hub:
        fit_state(model, read_hub_file(entry.hub, entry.name), entry.hub.name)
    elif entry.backbone:
        if not entry.is_here:
            return RANDOM
        state = backbone_names(entry.name, read_hub_file(entry.backbone, entry.name))
        fit_state(model, state, entry.backbone.name, needed="backbone.")
        return HALF
    return ""


def _give_up(used: Key) -> None:
    """Let go of detectors until the others fit, which workspaces share as in `Shares`."""
    shares = Shares()
    for key, detector in _LOADED.items():  # the longest unused first
        shares.use(key, key.folder, detector.nbytes)
    while shares.total > MOST_BYTES and (key := shares.next_out) != used:
        shares.drop(key)
        gone = _LOADED.pop(key)
        for told in ON_GIVE_UP:
            told(gone)


ON_GIVE_UP: list[Callable[[Detector], None]] = []
"""Told of every detector that is given up, so that nothing else holds it."""
_LOADING = threading.Lock()
_LOADED: OrderedDict[Key, Detector] = OrderedDict()
