"""What a detector learns from: pictures at the network's size with their objects, and the batches drawn from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from frcnn_viz.training.recipe import Recipe

Batch = tuple[list[Tensor], list[dict[str, Tensor]]]
"""Images and targets as torchvision's detectors take them in training mode."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Pictures and what is on them.

    Attributes:
        images: uint8 [3, H, W] each.
        boxes: for each float32 [n, 4], xyxy, its own pixels.
        labels: for each int64 [n], from 1.
    """

    images: Sequence[np.ndarray]
    boxes: Sequence[Tensor]
    labels: Sequence[Tensor]

    def __len__(self) -> int:
        return len(self.images)

    def take(self, places: Sequence[int]) -> Samples:
        """Some of the pictures, in that order."""
        return Samples(*([of[place] for place in places] for of in (self.images, self.boxes, self.labels)))


def draw_batch(samples: Samples, recipe: Recipe, device: torch.device) -> Batch:
    """Pictures at random, changed as the recipe says. All is drawn from torch's global generator."""
    changes = _changes(recipe)
    images, targets = [], []
    for index in torch.randint(len(samples), (recipe.batch,)).tolist():
        image = torch.from_numpy(np.array(samples.images[index]))
        boxes = tv_tensors.BoundingBoxes(samples.boxes[index], format="XYXY", canvas_size=image.shape[-2:])
        image, boxes = changes(tv_tensors.Image(image), boxes)
        pixels = image.as_subclass(Tensor).to(device, torch.float32) / 255
        if recipe.light:
            gain, shift = torch.rand(2).tolist()
            pixels = (pixels * (0.85 + 0.3 * gain) + 0.1 * (shift - 0.5)).clamp(0, 1)
        images.append(pixels)
        labels = samples.labels[index].to(device)
        targets.append({"boxes": boxes.as_subclass(Tensor).to(device), "labels": labels})
    return images, targets


def _changes(recipe: Recipe) -> v2.Transform:
    grey = {tv_tensors.Image: 127, "others": 0}
    return v2.Compose(
        [
            v2.RandomZoomOut(fill=grey, side_range=(1.0, recipe.zoom_out), p=0.5 if recipe.zoom_out > 1 else 0.0),
            v2.RandomHorizontalFlip(0.5 if recipe.mirror else 0.0),
            v2.RandomVerticalFlip(0.5 if recipe.upside_down else 0.0),
        ]
    )
