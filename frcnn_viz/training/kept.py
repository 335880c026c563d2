"""Heads that learn on features which are kept: the backbone runs once on a picture, and what follows it many times."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.image_list import ImageList

from frcnn_viz.pipeline.backbone import extract_features
from frcnn_viz.pipeline.boxes import Size, to_input
from frcnn_viz.pipeline.configure import with_module
from frcnn_viz.pipeline.transform import prepare
from frcnn_viz.training.loop import evaluating

MOST_BYTES = 600 * 2**20
"""Of features that are kept at once."""


@dataclass(frozen=True, eq=False)
class KeptPicture:
    """A picture as the heads see it, with what is on it.

    Attributes:
        images: its size before and after padding; the pixels are not kept.
        features: the backbone's maps by name, float32 [1, C, h, w] each.
        image_size: of the user's image.
        boxes: float32 [G, 4], input frame. labels: int64 [G].
    """

    images: ImageList
    features: dict[str, Tensor]
    image_size: Size
    boxes: Tensor
    labels: Tensor

    @property
    def targets(self) -> list[dict[str, Tensor]]:
        """As torchvision's heads take them in training mode."""
        return [{"boxes": self.boxes, "labels": self.labels}]

    @property
    def nbytes(self) -> int:
        """Of the features."""
        return sum(feature.nbytes for feature in self.features.values())


def keep(model: FasterRCNN, image: Tensor, boxes_in_image: Tensor, labels: Tensor) -> KeptPicture:
    """Run the model's own transform, at its own sizes, and its backbone; the model is only read.

    Args:
        model: in evaluation mode.
        image: as `prepare` takes it.
        boxes_in_image: float32 [G, 4], pixels of the user's image.
        labels: int64 [G], from 1.
    """
    sizes = {"min_size": model.transform.min_size[-1], "max_size": model.transform.max_size}
    prepared = prepare(model, image, **sizes)
    with torch.inference_mode(False):  # gradients of what follows need ordinary tensors
        maps = {name: feature.clone() for name, feature in extract_features(model, prepared).maps.items()}
        device = prepared.resized.device
        boxes = to_input(boxes_in_image.to(device, torch.float32), prepared.image_size, prepared.input_size)
        shape = prepared.images.tensors.shape
        images = ImageList(torch.zeros((), device=device).expand(shape), [prepared.input_size])
    return KeptPicture(images, maps, prepared.image_size, boxes, labels.to(device, torch.int64))


def heads_of(model: FasterRCNN) -> FasterRCNN:
    """A copy of all that follows the backbone, in whose place nothing is. The model is only read."""
    with torch.inference_mode(False):
        return copy.deepcopy(with_module(model, "backbone", nn.Identity()))


def rpn_losses(heads: FasterRCNN, picture: KeptPicture) -> dict[str, Tensor]:
    """Those of the first stage alone."""
    return heads.rpn(picture.images, picture.features, picture.targets)[1]


def head_losses(heads: FasterRCNN, picture: KeptPicture) -> dict[str, Tensor]:
    """All four, as `model(images, targets)` gives them in training mode."""
    proposals, first = heads.rpn(picture.images, picture.features, picture.targets)
    second = heads.roi_heads(picture.features, proposals, picture.images.image_sizes, picture.targets)[1]
    return {**second, **first}


def propose(heads: FasterRCNN, picture: KeptPicture) -> Tensor:
    """The proposals, best first: float32 [P, 4], input frame."""
    with evaluating(heads), torch.inference_mode():
        return heads.rpn(picture.images, picture.features)[0][0]


def detect(heads: FasterRCNN, picture: KeptPicture) -> dict[str, Tensor]:
    """What `model([image])[0]` gives: boxes, labels and scores, by falling score, in pixels of the user's image."""
    return detect_in(heads, picture, propose(heads, picture))


def detect_in(heads: FasterRCNN, picture: KeptPicture, proposals: Tensor) -> dict[str, Tensor]:
    """`detect` where the proposals are known."""
    with evaluating(heads), torch.inference_mode():
        found, _ = heads.roi_heads(picture.features, [proposals], picture.images.image_sizes)
        return heads.transform.postprocess(found, picture.images.image_sizes, [picture.image_size])[0]
