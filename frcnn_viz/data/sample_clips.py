"""The clips that come with the program: drawn when they are asked for, with exact ground truth and identities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import pil_to_tensor

from frcnn_viz.data.clip import Clip, FrameTruth
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.scenes.motion import ORDINARY_MOTION, Motion, MotionOptions
from frcnn_viz.data.scenes.options import CLASSES, HEIGHT, ORDINARY, WIDTH
from frcnn_viz.data.scenes.scene import LEAST_SIDE


@dataclass(frozen=True)
class SampleClip:
    """A drawn clip: its title, what to look at in it, and what draws it."""

    title: str
    lesson: str
    seed: int
    options: MotionOptions = ORDINARY_MOTION

    def clip(self, name: str) -> Clip:
        """Drawn when its frames are asked for."""
        times = _motion(self.seed, self.options).times
        return Clip(name, self.title, (HEIGHT, WIDTH), times, self._pixels, self._told, self.lesson)

    def _pixels(self, frame: int) -> Tensor:
        return pil_to_tensor(_motion(self.seed, self.options).image(frame))

    def _told(self, frame: int) -> FrameTruth:
        return _drawn(self.seed, self.options, frame)


SAMPLE_CLIPS = {
    "crossing": SampleClip(
        "Street crossing",
        "Cars and people pass behind a tree, a house and each other: who is lost, and who is only hidden?",
        45,
    ),
    "evening": SampleClip(
        "Evening traffic",
        "Five seconds of cars that come, overtake each other and go: follow one through all frames.",
        62,
        MotionOptions(count=50),
    ),
}
"""By name; they need no file and no network."""


@lru_cache(maxsize=4)
def _motion(seed: int, options: MotionOptions) -> Motion:
    return Motion(seed, options)


@lru_cache(maxsize=1_000)
def _drawn(seed: int, options: MotionOptions, frame: int) -> FrameTruth:
    """What of drawn scenes would be left out, since so little of it shows, is difficult here: it cannot be left out."""
    seen = _motion(seed, options).seen(frame)
    boxes = seen.boxes_in_image
    least = torch.tensor([seen.shares[identity] for identity in seen.identities])
    hard = (least < ORDINARY.least_visible) | ((boxes[:, 2:] - boxes[:, :2]).amin(dim=1) < LEAST_SIDE)
    names = tuple(CLASSES[label - 1] for label in seen.labels.tolist())
    return FrameTruth(GroundTruth(boxes, names, difficult=hard), seen.identities, seen.shares)
