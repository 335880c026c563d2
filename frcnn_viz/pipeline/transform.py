"""Stage 1: the image becomes the network's input (normalise, resize, pad)."""

from __future__ import annotations

import copy

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.image_list import ImageList

from frcnn_viz.pipeline.results import NetworkInput


def prepare(model: GeneralizedRCNN, image: Tensor, *, min_size: int, max_size: int) -> NetworkInput:
    """Normalise, resize and pad one image as `GeneralizedRCNNTransform.forward` does.

    Args:
        model: read only.
        image: float32 [3, H, W] in 0..1, on any device.
        min_size: shorter side after resize, pixels.
        max_size: limit of the longer side, pixels.

    Raises:
        ValueError: the image is not a float [3, H, W] tensor.
    """
    if image.dim() != 3 or image.shape[0] != 3 or not image.is_floating_point() or 0 in image.shape:
        raise ValueError(f"expected a float image [3, H, W] in 0..1, got {image.dtype} {list(image.shape)}")
    transform = copy.copy(model.transform)  # the sizes are set on a copy: the model is never written to
    transform.min_size, transform.max_size = (min_size,), max_size
    with torch.inference_mode():
        image = image.to(next(model.parameters()).device)
        normalized = transform.normalize(image)
        resized, _ = transform.resize(normalized)
        padded = transform.batch_images([resized], size_divisible=transform.size_divisible)
        return NetworkInput(
            image=image,
            normalized=normalized,
            resized=resized,
            images=ImageList(padded, [(resized.shape[1], resized.shape[2])]),
            mean=torch.as_tensor(transform.image_mean, dtype=image.dtype, device=image.device),
            std=torch.as_tensor(transform.image_std, dtype=image.dtype, device=image.device),
        )
