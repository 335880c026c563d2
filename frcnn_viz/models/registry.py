"""The detectors one can open: how each is built, which classes it knows, where its weights are."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
import torchvision
from torchvision.models import get_model, list_models
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.models.pretrained import PRETRAINED, Pretrained, load_pretrained
from frcnn_viz.models.street import street_c4, street_fpn
from frcnn_viz.models.weights import load_weights
from frcnn_viz.paths import ASSETS
from frcnn_viz.pipeline.trace import digest

BACKGROUND = "__background__"
STREET_CLASSES = (BACKGROUND, "person", "car", "ball", "tree", "house", "bird")


class ModelError(ValueError):
    """A detector cannot be had. The message is one plain sentence."""


@dataclass(frozen=True)
class Entry:
    """A detector of the registry.

    Attributes:
        name: what the command line and links call it.
        title: what the screen calls it.
        build: makes the model with random weights.
        classes: by label; 0 is the background.
        note: what is special about it, one sentence.
    """

    name: str
    title: str
    build: Callable[[], FasterRCNN]
    classes: tuple[str, ...]
    note: str


DETECTORS = {
    entry.name: entry
    for entry in (
        Entry(
            name="street-fpn",
            title="Street scenes, FPN",
            build=street_fpn,
            classes=STREET_CLASSES,
            note="A small ResNet with a feature pyramid: five maps, one anchor size on each.",
        ),
        Entry(
            name="street-c4",
            title="Street scenes, one map (the paper's form)",
            build=street_c4,
            classes=STREET_CLASSES,
            note="One feature map at stride 16 with nine anchors per cell: watch what it does to small objects.",
        ),
    )
}
TITLES = {name: entry.title for name, entry in (DETECTORS | PRETRAINED).items()}
"""Every detector that can be asked for by name."""
DEFAULT_DETECTOR = "street-fpn"


@dataclass(frozen=True, eq=False)
class Detector:
    """A model ready to be traced, and what its labels mean.

    Attributes:
        name, title, note: from the registry.
        model: in evaluation mode; shared, so never to be written to.
        classes: by label; 0 is the background.
        trained: whether weights were loaded; random ones are to be called so on every page.
    """

    name: str
    title: str
    note: str
    model: FasterRCNN
    classes: tuple[str, ...]
    trained: bool

    @property
    def device(self) -> torch.device:
        """Where the model's weights are."""
        return next(self.model.parameters()).device

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
    if name not in TITLES:
        raise ModelError(f"there is no detector {name!r}; choose one of {', '.join(TITLES)}.")
    key = (name, choose_device(device).type, random_weights)
    with _LOADING:
        if key not in _LOADED:
            make = _build if name in DETECTORS else _build_pretrained
            _LOADED[key] = make((DETECTORS | PRETRAINED)[name], choose_device(device), random_weights)
        return _LOADED[key]


def untrained(name: str) -> GeneralizedRCNN:
    """A detector of the registry or of torchvision with random weights, for what needs its shapes alone.

    Raises:
        ModelError: no such name.
    """
    if name in DETECTORS:
        return DETECTORS[name].build().eval()
    theirs = [model for model in list_models(module=torchvision.models.detection) if "rcnn" in model]
    if name not in theirs:
        raise ModelError(f"there is no detector {name!r}; choose one of {', '.join([*DETECTORS, *theirs])}.")
    return get_model(name, weights=None, weights_backbone=None).eval()


def _build_pretrained(entry: Pretrained, device: torch.device, random_weights: bool) -> Detector:
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False):
        torch.default_generator.manual_seed(0)
        model = entry.build()
        if not random_weights:
            load_pretrained(entry, model)
    model.eval().requires_grad_(False).to(device)
    return Detector(entry.name, entry.title, entry.note, model, entry.classes, trained=not random_weights)


def _build(entry: Entry, device: torch.device, random_weights: bool) -> Detector:
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False):
        torch.default_generator.manual_seed(0)
        model = entry.build()
    if not random_weights:
        path = ASSETS / f"{entry.name}.safetensors"
        if not path.is_file():
            raise ModelError(
                f"the weights of {entry.name} are not at {path}; "
                f"run `frcnn-viz train-embedded {entry.name}` to make them."
            )
        load_weights(model, path)
    model.eval().requires_grad_(False).to(device)
    return Detector(
        name=entry.name,
        title=entry.title,
        note=entry.note,
        model=model,
        classes=entry.classes,
        trained=not random_weights,
    )


_LOADING = threading.Lock()
_LOADED: dict[tuple[str, str, bool], Detector] = {}
