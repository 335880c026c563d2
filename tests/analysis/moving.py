"""A small moving picture: a street before which a grey board passes from left to right."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from PIL import ImageDraw
from torch import Tensor

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import CLASSES, SAMPLES, draw_scene

GREY = (120, 120, 120)


@dataclass(frozen=True, eq=False)
class Frame:
    """The picture, float32 [3, H, W], all objects with their whole boxes, and those that the board covers wholly."""

    image: Tensor
    truth: GroundTruth
    identities: tuple[str, ...]
    hidden: frozenset[str]


def board_passes(sample: str, count: int, width: int) -> list[Frame]:
    """The frames of a sample scene; the board is as high as the picture and goes its own width a frame."""
    scene = draw_scene(SAMPLES[sample].seed, SAMPLES[sample].options)
    names = tuple(CLASSES[label - 1] for label in scene.labels)
    identities = tuple(f"{name}-{number}" for number, name in enumerate(names))
    frames = []
    for place in range(count):
        picture, left = scene.image.copy(), (place - 1) * width
        ImageDraw.Draw(picture).rectangle((left, 0, left + width - 1, picture.height), fill=GREY)
        covered = (scene.boxes_in_image[:, 0] >= left) & (scene.boxes_in_image[:, 2] <= left + width)
        hidden = frozenset(name for name, is_covered in zip(identities, covered.tolist(), strict=True) if is_covered)
        image = from_pil(picture, f"frame {place}").tensor
        frames.append(Frame(image, GroundTruth(torch.clone(scene.boxes_in_image), names), identities, hidden))
    return frames
