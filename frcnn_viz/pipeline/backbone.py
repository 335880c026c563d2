"""Stage 2: feature maps, and what one cell of them saw."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.pipeline.results import FeatureMaps, NetworkInput


def extract_features(model: GeneralizedRCNN, network_input: NetworkInput) -> FeatureMaps:
    """Run the backbone once. A backbone with a single map gets torchvision's name for it, "0"."""
    with torch.inference_mode():
        features = as_maps(model.backbone(network_input.images.tensors))
    return FeatureMaps(maps=features, padded_size=network_input.padded_size)


def receptive_field(model: GeneralizedRCNN, network_input: NetworkInput, level: str, row: int, column: int) -> Tensor:
    """How strongly each input pixel moves one cell: the effective receptive field, float32 [padded h, padded w].

    The value is the gradient of the cell's summed channels with respect to the network's input, in absolute
    value, summed over the three colours. Zero means that no change of that pixel can be felt, to first order
    (Luo et al., arXiv:1701.04128). The model's own gradients are not touched.
    """
    with torch.inference_mode(False), torch.enable_grad():
        pixels = network_input.images.tensors.clone().requires_grad_()
        cell = as_maps(model.backbone(pixels))[level][0, :, row, column].sum()
        (gradient,) = torch.autograd.grad(cell, pixels)
    return gradient[0].abs().sum(dim=0)


def as_maps(features: Tensor | dict[str, Tensor]) -> dict[str, Tensor]:
    """What a backbone gives, by level."""
    return {"0": features} if isinstance(features, Tensor) else dict(features)
