"""torchvision's Faster R-CNNs trained on COCO: known by name, loaded from torch's hub folder, fetched when asked."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torchvision.models import WeightsEnum, get_model
from torchvision.models.detection import (
    FasterRCNN_MobileNet_V3_Large_320_FPN_Weights,
    FasterRCNN_MobileNet_V3_Large_FPN_Weights,
    FasterRCNN_ResNet50_FPN_V2_Weights,
    FasterRCNN_ResNet50_FPN_Weights,
)
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.models.weights import WeightsError

CHUNK = 2**20


@dataclass(frozen=True)
class Pretrained:
    """One of torchvision's detectors.

    Attributes:
        name: torchvision's own. title, note: for the screen. weights: torchvision's description of the file.
    """

    name: str
    title: str
    note: str
    weights: WeightsEnum

    @property
    def classes(self) -> tuple[str, ...]:
        """By label; 0 is the background, and "N/A" a label that COCO never used."""
        return tuple(self.weights.meta["categories"])

    @property
    def file(self) -> str:
        """The name of the weights file, with the first digits of its SHA-256."""
        return self.weights.url.rsplit("/", 1)[1]

    @property
    def path(self) -> Path:
        """Where torch's hub keeps it."""
        return Path(torch.hub.get_dir()) / "checkpoints" / self.file

    @property
    def megabytes(self) -> float:
        """Of the file, as torchvision states it."""
        return float(self.weights.meta["_file_size"])

    @property
    def box_map(self) -> float:
        """COCO AP in percent, as torchvision states it."""
        return float(self.weights.meta["_metrics"]["COCO-val2017"]["box_map"])

    def build(self) -> GeneralizedRCNN:
        """The model with random weights."""
        return get_model(self.name, weights=None, weights_backbone=None, num_classes=len(self.classes))


PRETRAINED = {
    entry.name: entry
    for entry in (
        Pretrained(
            "fasterrcnn_resnet50_fpn",
            "ResNet-50 FPN (COCO)",
            "torchvision's reference: five levels, one anchor size on each, 91 labels.",
            FasterRCNN_ResNet50_FPN_Weights.COCO_V1,
        ),
        Pretrained(
            "fasterrcnn_resnet50_fpn_v2",
            "ResNet-50 FPN v2 (COCO)",
            "With batch normalisation in the pyramid and the heads, and a deeper RPN.",
            FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1,
        ),
        Pretrained(
            "fasterrcnn_mobilenet_v3_large_fpn",
            "MobileNetV3 FPN (COCO)",
            "Three maps of which two share a stride, and 15 anchors per cell.",
            FasterRCNN_MobileNet_V3_Large_FPN_Weights.COCO_V1,
        ),
        Pretrained(
            "fasterrcnn_mobilenet_v3_large_320_fpn",
            "MobileNetV3 FPN at 320 (COCO)",
            "The same for pictures resized to 320 pixels, with 150 proposals: quick, and blind to what is small.",
            FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1,
        ),
    )
}


def load_pretrained(entry: Pretrained, model: nn.Module) -> None:
    """Read the weights from torch's hub folder into a model; nothing is unpickled but tensors.

    Raises:
        WeightsError: the file is not there, damaged, hostile or of another model. The model is then unchanged.
    """
    if not entry.path.is_file():
        raise WeightsError(
            f"{entry.file} ({entry.megabytes:.0f} MB) is not here: run `frcnn-viz models fetch {entry.name}` "
            f"where there is a network, or put the file into {entry.path.parent}."
        )
    try:
        state = torch.load(entry.path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{entry.file} in {entry.path.parent} is damaged, or holds more than weights; delete it and fetch it again."
        ) from error
    own = model.state_dict()
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise WeightsError(f"{entry.file} holds no weights by name; fetch it again.")
    lacking, strange = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    # batch counters are not in files of older versions, and mean nothing to a model that is not trained
    lacking = [name for name in lacking if not name.endswith("num_batches_tracked")]
    other = [name for name in own.keys() & state.keys() if own[name].shape != state[name].shape]
    if lacking or strange or other:
        told = [f"lacks {lacking[0]!r}"] if lacking else []
        told += [f"has {strange[0]!r}, which the model has not"] if strange else []
        told += (
            [f"has {other[0]!r} as {list(state[other[0]].shape)} instead of {list(own[other[0]].shape)}"]
            if other
            else []
        )
        raise WeightsError(f"{entry.file} is of another model: it {' and '.join(told)}.")
    model.load_state_dict(state, strict=False)


def fetch(entry: Pretrained, progress: Callable[[int, int], None] = lambda done, total: None) -> Path:
    """Download the weights file; it appears under its name only when whole and with the right hash.

    Args:
        entry: which.
        progress: bytes so far, and in all; what it raises stops the download and leaves nothing behind.

    Raises:
        WeightsError: there is no network, or what came has another hash.
    """
    if entry.path.is_file():
        return entry.path
    expected = re.search(r"-([0-9a-f]{8,})\.", entry.file)
    entry.path.parent.mkdir(parents=True, exist_ok=True)
    partial = entry.path.with_suffix(f".{os.getpid()}.partial")
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(entry.weights.url, timeout=30) as answer, partial.open("wb") as file:
            total, done = int(answer.headers.get("Content-Length") or 0), 0
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                progress(done, total)
        if expected and not digest.hexdigest().startswith(expected[1]):
            raise WeightsError(f"what came from {entry.weights.url} is not {entry.file} (its hash differs); try again.")
        os.replace(partial, entry.path)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise WeightsError(
            f"{entry.weights.url} cannot be reached; put {entry.file} into {entry.path.parent} by hand."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return entry.path
