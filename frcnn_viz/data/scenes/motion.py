"""A scene in motion: cars, people, balls and birds pass houses and trees and each other, before a still background.

Everything is drawn once and then only moved, so each thing keeps its look and the background its pixels. Who is there,
how much of whom can be seen, and where, is exact in every frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from frcnn_viz.data.scenes.background import draw_background
from frcnn_viz.data.scenes.options import CLASSES, HEIGHT, WIDTH
from frcnn_viz.data.scenes.pen import SUPERSAMPLING
from frcnn_viz.data.scenes.people import draw_bird
from frcnn_viz.data.scenes.scene import DRAW, NATURAL, Thing, clip, own_pixels
from frcnn_viz.data.scenes.things import draw_car

SPEEDS = {"car": (110.0, 230.0), "person": (30.0, 75.0), "ball": (60.0, 120.0), "bird": (50.0, 110.0)}
"""Scene pixels a second, at the front; farther off everything is slower. What is not named stands still."""
DEPTHS = {"house": (0.3, 0.45), "tree": (0.3, 0.9), "car": (0.3, 0.75), "person": (0.2, 0.95), "ball": (0.6, 1.0)}
FRONT_SIZE = 0.9
"""Of everything, in its natural size."""


@dataclass(frozen=True)
class MotionOptions:
    """What moves, and for how long: frames, frames a second, and how many of each kind."""

    count: int = 30
    rate: float = 10.0
    things: tuple[tuple[str, int], ...] = (
        ("house", 1),
        ("tree", 1),
        ("car", 3),
        ("person", 4),
        ("ball", 1),
        ("bird", 2),
    )


ORDINARY_MOTION = MotionOptions()


@dataclass(frozen=True, eq=False)
class Seen:
    """What can be seen in one frame.

    Attributes:
        boxes_in_image: float32 [N, 4], xyxy, the extent of each visible part, to half a pixel.
        labels: int64 [N], 1 is `CLASSES[0]`. identities: of each box; the same thing has the same in every frame.
        shares: how much of a thing can be seen, 0 to 1 of all its pixels, by identity; 0 is wholly hidden by others.
            Things wholly outside the picture are not in it.
    """

    boxes_in_image: Tensor
    labels: Tensor
    identities: tuple[str, ...]
    shares: dict[str, float]


class Motion:
    """The scene of a seed over time; the same seed and options give the same pixels, boxes and identities.

    Attributes:
        times: seconds of each frame.
    """

    def __init__(self, seed: int, options: MotionOptions = ORDINARY_MOTION) -> None:
        """Draw the background and every thing, once."""
        rng = np.random.default_rng(seed)
        self.times = tuple(place / options.rate for place in range(options.count))
        self._background, horizon = draw_background(rng)
        kinds = [(kind, f"{kind}-{number + 1}") for kind, many in options.things for number in range(many)]
        seconds = options.count / options.rate
        movers = [_mover(rng, kind, identity, horizon, seconds) for kind, identity in kinds]
        self._movers = sorted(movers, key=lambda mover: mover.thing.depth)
        light = rng.uniform(0.9, 1.05) * rng.uniform(0.97, 1.03, 3)
        self._light = np.clip(np.arange(256) * light[:, None], 0, 255).astype(np.uint8).ravel().tolist()

    @property
    def identities(self) -> tuple[str, ...]:
        """Of all things, far to near."""
        return tuple(mover.identity for mover in self._movers)

    def image(self, index: int) -> Image.Image:
        """A frame: RGB, 640x480."""
        canvas = self._background.copy()
        for thing in self._at(index):
            canvas.paste(thing.tile, (thing.x, thing.y), thing.tile)
        return canvas.reduce(SUPERSAMPLING).point(self._light)

    def seen(self, index: int) -> Seen:
        """What can be seen in a frame, from the pixels that each thing has there."""
        things = self._at(index)
        owners = own_pixels(things)
        boxes, labels, identities, shares = [], [], [], {}
        for number, (thing, identity) in enumerate(zip(things, self.identities, strict=True), start=1):
            rows, columns, solid = clip(thing)
            if not solid.any():
                continue
            mine = owners[rows, columns] == number
            shares[identity] = float(mine.sum() / thing.solid.sum())
            if shares[identity]:
                xs, ys = np.flatnonzero(mine.any(axis=0)), np.flatnonzero(mine.any(axis=1))
                left, top = columns.start, rows.start
                boxes.append([left + xs[0], top + ys[0], left + xs[-1] + 1, top + ys[-1] + 1])
                labels.append(CLASSES.index(thing.kind) + 1)
                identities.append(identity)
        boxes_in_image = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4) / SUPERSAMPLING
        return Seen(boxes_in_image, torch.tensor(labels, dtype=torch.int64), tuple(identities), shares)

    def _at(self, index: int) -> list[Thing]:
        return [mover.at(self.times[index]) for mover in self._movers]


@dataclass(frozen=True, eq=False)
class _Mover:
    """A thing where it is at second 0, and how it goes: supersampled pixels a second, and a wave up and down."""

    thing: Thing
    identity: str
    speed: float
    wave: float = 0.0
    phase: float = 0.0

    def at(self, second: float) -> Thing:
        x = self.thing.x + self.speed * second
        y = self.thing.y + self.wave * math.sin(2 * second + self.phase)
        return replace(self.thing, x=round(x), y=round(y))


def _mover(rng: np.random.Generator, kind: str, identity: str, horizon: float, seconds: float) -> _Mover:
    height, ratio = NATURAL[kind]
    depth = rng.uniform(*DEPTHS.get(kind, (0.0, 1.0)))
    near = 0.25 + 0.75 * depth
    size = FRONT_SIZE * rng.uniform(0.9, 1.1) * (1.0 if kind == "bird" else near)
    width, height = height * ratio * size, height * size
    base = (horizon + depth * (1 - horizon)) * HEIGHT
    if kind == "bird":
        base = rng.uniform(0.08, horizon) * HEIGHT + height
    left = bool(rng.random() < 0.5)
    speed = rng.uniform(*SPEEDS.get(kind, (0.0, 0.0))) * (1.0 if kind == "bird" else near) * (-1 if left else 1)
    draw = {"car": draw_car, "bird": draw_bird}.get(kind)
    pen = draw(rng, width, height, left) if draw else DRAW[kind](rng, width, height)
    # Each is somewhere in the picture at some moment.
    x = rng.uniform(0.1, 0.9) * WIDTH - speed * rng.uniform(0, seconds) - width / 2
    solid = np.asarray(pen.tile.getchannel("A")) > 127
    place = round(x * SUPERSAMPLING), round(base * SUPERSAMPLING - pen.height)
    wave = (rng.uniform(4, 14) * SUPERSAMPLING, rng.uniform(0, 2 * math.pi)) if kind == "bird" else (0.0, 0.0)
    return _Mover(Thing(kind, depth, *place, pen.tile, solid), identity, speed * SUPERSAMPLING, *wave)
