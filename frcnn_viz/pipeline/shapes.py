"""The sizes of everything a picture becomes, without running the network: on torch's meta device, which has no data."""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.pipeline.boxes import Size
from frcnn_viz.pipeline.transform import resize, transform_at


@dataclass(frozen=True)
class NetworkShapes:
    """What the network makes of a picture's size.

    Attributes:
        input_size: after resize, before padding: the frame of `boxes`.
        padded_size: what the backbone sees.
        grid_sizes: rows and columns of each feature map.
        level_names: of the maps.
    """

    input_size: Size
    padded_size: Size
    grid_sizes: tuple[Size, ...]
    level_names: tuple[str, ...]

    @property
    def strides(self) -> tuple[Size, ...]:
        """Input pixels per cell, vertically and horizontally, as torchvision's AnchorGenerator takes them."""
        height, width = self.padded_size
        return tuple((height // rows, width // columns) for rows, columns in self.grid_sizes)


def network_shapes(model: GeneralizedRCNN, image_size: Size, min_size: int, max_size: int) -> NetworkShapes:
    """The sizes for an image of (height, width); the model is only read.

    Equal to those of a real run: torchvision's own transform and the model's own backbone are called, on tensors
    that hold no numbers. Remembered for as long as the model is there.

    Raises:
        ValueError: the image is too thin for the resize.
    """
    with _LOCK:
        known = _SHAPES.setdefault(model, {})
    key = (image_size, min_size, max_size)
    if key not in known:
        known[key] = _work_out(model, image_size, min_size, max_size)
    return known[key]


def _work_out(model: GeneralizedRCNN, image_size: Size, min_size: int, max_size: int) -> NetworkShapes:
    transform = transform_at(model, min_size, max_size)
    with torch.inference_mode(False), torch.no_grad():
        resized = resize(transform, torch.empty(3, *image_size, device="meta"))
        height, width = (int(side) for side in resized.shape[-2:])
        padded = [-(-side // transform.size_divisible) * transform.size_divisible for side in (height, width)]
        maps = _backbone(model)(torch.empty(1, 3, *padded, device="meta"))
    maps = {"0": maps} if isinstance(maps, Tensor) else maps
    grids = tuple((int(m.shape[-2]), int(m.shape[-1])) for m in maps.values())
    return NetworkShapes((height, width), (padded[0], padded[1]), grids, tuple(maps))


def _backbone(model: GeneralizedRCNN) -> nn.Module:
    """The backbone without numbers; made once for a model."""
    with _LOCK:
        if model not in _HOLLOW:
            _HOLLOW[model] = hollow(model.backbone)
        return _HOLLOW[model]


def hollow(module: nn.Module) -> nn.Module:
    """A copy on torch's meta device, which has shapes and no numbers."""
    tensors = [*module.parameters(), *module.buffers()]
    return copy.deepcopy(module, {id(tensor): _without_data(tensor) for tensor in tensors})


def _without_data(tensor: Tensor) -> Tensor:
    with torch.inference_mode(False):
        empty = torch.empty_like(tensor, device="meta")
        return nn.Parameter(empty, requires_grad=False) if isinstance(tensor, nn.Parameter) else empty


_SHAPES: WeakKeyDictionary[GeneralizedRCNN, dict[tuple, NetworkShapes]] = WeakKeyDictionary()
_HOLLOW: WeakKeyDictionary[GeneralizedRCNN, nn.Module] = WeakKeyDictionary()
_LOCK = threading.Lock()
