"""Stage 1: the image becomes the network's input (normalise, resize, pad)."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.transforms.v2.functional import to_dtype

from frcnn_viz.pipeline.boxes import Size
from frcnn_viz.pipeline.results import NetworkInput

BAND = 256
"""Rows that are normalised at once."""


def as_float(image: Tensor) -> Tensor:
    """A uint8 image as float32 in 0..1, by torchvision's `to_dtype(scale=True)`; a float image as it is."""
    return to_dtype(image, torch.float32, scale=True) if image.dtype == torch.uint8 else image


def transform_at(model: GeneralizedRCNN, min_size: int, max_size: int) -> GeneralizedRCNNTransform:
    """The model's transform at other sizes: a copy, since the model is never written to."""
    transform = copy.copy(model.transform)
    transform.min_size, transform.max_size = (min_size,), max_size
    return transform


def is_too_thin(transform: GeneralizedRCNNTransform, image_size: Size) -> bool:
    """Whether not one pixel of the shorter side of such an image (height, width) would be left by the resize."""
    return transform.fixed_size is None and min(image_size) * _scale(transform, image_size) < 1


def _scale(transform: GeneralizedRCNNTransform, image_size: Size) -> float:
    return min(transform.min_size[0] / min(image_size), transform.max_size / max(image_size))


def resize(transform: GeneralizedRCNNTransform, image: Tensor) -> Tensor:
    """`image` [3, H, W] as `transform.resize` makes it.

    Raises:
        ValueError: the image is too thin for it.
    """
    height, width = image.shape[-2:]
    if is_too_thin(transform, (height, width)):
        raise ValueError(
            f"the picture of {width:,} x {height:,} pixels is too thin for this detector: brought to "
            f"{transform.max_size:,} pixels along its longer side (max_size), none is left across; use a part of it."
        )
    return transform.resize(image)[0]


def prepare(model: GeneralizedRCNN, image: Tensor, *, min_size: int, max_size: int) -> NetworkInput:
    """Normalise, resize and pad one image as `GeneralizedRCNNTransform.forward` does.

    Args:
        model: read only.
        image: uint8, or float32 in 0..1, [3, H, W], on any device.
        min_size: shorter side after resize, pixels.
        max_size: limit of the longer side, pixels.

    Raises:
        ValueError: the image is no such tensor, or too thin for the resize.
    """
    known = image.is_floating_point() or image.dtype == torch.uint8
    if image.dim() != 3 or image.shape[0] != 3 or not known or 0 in image.shape:
        raise ValueError(f"expected an image [3, H, W], uint8 or float in 0..1, got {image.dtype} {list(image.shape)}")
    transform = transform_at(model, min_size, max_size)
    with torch.inference_mode():
        resized = resize(transform, _normalize(transform, image, next(model.parameters()).device))
        padded = transform.batch_images([resized], size_divisible=transform.size_divisible)
        return NetworkInput(
            image_size=(int(image.shape[1]), int(image.shape[2])),
            resized=resized,
            images=ImageList(padded, [(resized.shape[1], resized.shape[2])]),
            mean=torch.as_tensor(transform.image_mean, dtype=resized.dtype, device=resized.device),
            std=torch.as_tensor(transform.image_std, dtype=resized.dtype, device=resized.device),
        )


def _normalize(transform: GeneralizedRCNNTransform, image: Tensor, device: torch.device) -> Tensor:
    """`transform.normalize(image)`, made in bands: of 40 megapixels at once it takes 1.4 GB on the way.

    Rows that `transform.resize` does not read are left as they happen to be. Colours lie side by side (channels last),
    since the resize would else copy them into that order.
    """
    if type(transform).normalize is not GeneralizedRCNNTransform.normalize:  # a subclass may do something else
        return transform.normalize(as_float(image).to(device))
    row = as_float(image[:, :1]).to(device)
    (whole,) = torch.empty((1, *image.shape), dtype=row.dtype, device=device, memory_format=torch.channels_last)
    # Whole rows of both, laid out as the image is: one number a colour is slow where its colours lie side by side.
    mean, std = (
        torch.empty_like(row).copy_(row.new_tensor(of)[:, None, None])
        for of in (transform.image_mean, transform.image_std)
    )
    for rows in _rows_read(transform, image):
        whole[:, rows].copy_((as_float(image[:, rows]).to(device) - mean).div_(std))
    return whole


def _rows_read(transform: GeneralizedRCNNTransform, image: Tensor) -> list[slice]:
    """The rows of `image` [3, H, W] that `transform.resize` reads, at most `BAND` at once, and of a small one all.

    It interpolates linearly, so a row that it makes is made of two; one more on either side allows for its rounding.
    """
    height, width = image.shape[1:]
    known = type(transform).resize is GeneralizedRCNNTransform.resize and transform.fixed_size is None
    if known and _scale(transform, (height, width)) < 1 / 8:
        resized = resize(transform, torch.zeros(()).expand(1, height, width))
        step = height / resized.shape[1]
        first = [math.floor((row + 0.5) * step - 0.5) - 1 for row in range(resized.shape[1])]
        return [slice(max(top, 0), top + 4) for top in first]
    return [slice(top, top + BAND) for top in range(0, height, BAND)]
