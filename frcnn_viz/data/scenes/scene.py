"""One scene: things placed in depth, drawn from far to near, and the exact box of what can be seen of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from frcnn_viz.data.scenes.background import draw_background
from frcnn_viz.data.scenes.options import CLASSES, HEIGHT, ORDINARY, UNKNOWN, WIDTH, SceneOptions
from frcnn_viz.data.scenes.pen import SUPERSAMPLING, Pen
from frcnn_viz.data.scenes.people import draw_bird, draw_person
from frcnn_viz.data.scenes.things import draw_ball, draw_car, draw_house, draw_tree, draw_unknown

DRAW: dict[str, Callable[[np.random.Generator, float, float], Pen]] = {
    "person": draw_person,
    "car": draw_car,
    "ball": draw_ball,
    "tree": draw_tree,
    "house": draw_house,
    "bird": draw_bird,
}
# Height in scene pixels at the front edge, and width / height.
NATURAL = {
    "person": (230.0, 0.4),
    "car": (150.0, 2.2),
    "ball": (62.0, 1.0),
    "tree": (330.0, 0.66),
    "house": (350.0, 1.05),
    "bird": (40.0, 1.5),
    "cone": (80.0, 0.75),
    "dog": (95.0, 1.35),
    "balloon": (150.0, 0.72),
}
LEAST_SIDE = 4.0
"""Objects of which less can be seen, in scene pixels, are taken away."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A drawn scene and its ground truth.

    Attributes:
        image: RGB, 640x480.
        boxes_in_image: float32 [N, 4], xyxy, the extent of each object's visible part, to half a pixel.
        labels: int64 [N], 1 is `CLASSES[0]`.
        seed: draws the same scene again, with the same options.
        name, lesson: of a sample scene, else empty.
    """

    image: Image.Image
    boxes_in_image: Tensor
    labels: Tensor
    seed: int
    name: str = ""
    lesson: str = ""


@dataclass(frozen=True, eq=False)
class Thing:
    """One thing in its place.

    Attributes:
        kind: a class or an unknown. depth: 0 is the horizon, 1 the front; the nearer hides the farther.
        x, y: of the tile's upper left corner, supersampled pixels. tile: RGBA, supersampled.
        solid: bool [h, w] of the tile: where it hides what is behind it.
    """

    kind: str
    depth: float
    x: int
    y: int
    tile: Image.Image
    solid: np.ndarray = field(repr=False)


def draw_scene(seed: int, options: SceneOptions = ORDINARY) -> Scene:
    """Draw the scene of a seed; the same seed and options give the same pixels and boxes."""
    rng = np.random.default_rng(seed)
    canvas, horizon = draw_background(rng)
    things = sorted(_place_things(rng, horizon, options), key=lambda thing: thing.depth)
    things, owners = _drop_hidden(things, options.least_visible)
    for thing in things:
        canvas.paste(thing.tile, (thing.x, thing.y), thing.tile)
    boxes, labels = _visible_boxes(things, owners)
    return Scene(image=_expose(rng, canvas, options), boxes_in_image=boxes, labels=labels, seed=seed)


def _place_things(rng: np.random.Generator, horizon: float, options: SceneOptions) -> list[Thing]:
    weights = np.array(options.weights) / sum(options.weights)
    count = int(rng.integers(options.objects[0], options.objects[1] + 1))
    kinds = [CLASSES[int(rng.choice(len(CLASSES), p=weights))] for _ in range(count)]
    unknown = int(rng.integers(options.unknown[0], options.unknown[1] + 1))
    kinds += [UNKNOWN[int(rng.integers(len(UNKNOWN)))] for _ in range(unknown)]
    things: list[Thing] = []
    for kind in kinds:
        near = things[int(rng.integers(len(things)))] if things and rng.random() < options.crowding else None
        things.append(_place(rng, kind, horizon, options, near))
    return things


def _place(rng: np.random.Generator, kind: str, horizon: float, options: SceneOptions, near: Thing | None) -> Thing:
    height, ratio = NATURAL[kind]
    scale, stretch = rng.uniform(*options.scale), rng.uniform(*options.stretch)
    x = rng.uniform(-0.02, 1.02) * WIDTH
    if near is not None:
        x = float(np.clip((near.x + near.tile.width / 2) / SUPERSAMPLING + rng.normal(0, 60), 0, WIDTH))
    if kind in ("bird", "balloon"):
        width = rng.uniform(*options.bird_width) if kind == "bird" else height * ratio * scale
        height = width / ratio
        base, depth = rng.uniform(0.04, horizon + 0.1) * HEIGHT + height, rng.uniform(0, 1)
    else:
        furthest = {"house": 0.12, "tree": 0.12, "ball": 0.3}.get(kind, 0.1)
        depth = rng.uniform(furthest, 0.6 if kind == "house" else 1.0)
        if near is not None and near.kind not in ("bird", "balloon"):
            depth = float(np.clip(near.depth + rng.normal(0, 0.12), furthest, 1.0))
        base = (horizon + depth * (1.0 - horizon)) * HEIGHT
        height *= scale * (0.25 + 0.75 * depth)
        width = height * ratio
    pen = DRAW[kind](rng, width * stretch, height) if kind in DRAW else draw_unknown(rng, kind, width * stretch, height)
    return Thing(
        kind=kind,
        depth=depth,
        x=round(x * SUPERSAMPLING - pen.width / 2),
        y=round(base * SUPERSAMPLING - pen.height),
        tile=pen.tile,
        solid=np.asarray(pen.tile.getchannel("A")) > 127,
    )


def own_pixels(things: list[Thing]) -> np.ndarray:
    """Which thing each supersampled pixel shows: its number from 1, or 0; things are far to near."""
    owners = np.zeros((HEIGHT * SUPERSAMPLING, WIDTH * SUPERSAMPLING), dtype=np.uint8)
    for number, thing in enumerate(things, start=1):
        rows, columns, solid = clip(thing)
        owners[rows, columns][solid] = number
    return owners


def clip(thing: Thing) -> tuple[slice, slice, np.ndarray]:
    """The rows and columns of the supersampled scene that its tile covers, and what is solid there."""
    height, width = thing.solid.shape
    top, left = max(thing.y, 0), max(thing.x, 0)
    bottom = max(top, min(thing.y + height, HEIGHT * SUPERSAMPLING))
    right = max(left, min(thing.x + width, WIDTH * SUPERSAMPLING))
    solid = thing.solid[top - thing.y : bottom - thing.y, left - thing.x : right - thing.x]
    return slice(top, bottom), slice(left, right), solid


def _drop_hidden(things: list[Thing], least_visible: float) -> tuple[list[Thing], np.ndarray]:
    """Take away what can hardly be seen, so that nothing drawn lacks its box."""
    while True:
        owners = own_pixels(things)
        seen = np.bincount(owners.ravel(), minlength=len(things) + 1)[1:]
        kept = []
        for number, thing in enumerate(things, start=1):
            rows, columns, _ = clip(thing)
            mine = owners[rows, columns] == number
            sides = mine.any(axis=0).sum(), mine.any(axis=1).sum()
            if seen[number - 1] >= least_visible * thing.solid.sum() and min(sides) >= LEAST_SIDE * SUPERSAMPLING:
                kept.append(thing)
        if len(kept) == len(things):
            return things, owners
        things = kept


def _visible_boxes(things: list[Thing], owners: np.ndarray) -> tuple[Tensor, Tensor]:
    boxes, labels = [], []
    for number, thing in enumerate(things, start=1):
        if thing.kind in UNKNOWN:
            continue
        rows, columns, _ = clip(thing)
        mine = owners[rows, columns] == number
        xs, ys = np.flatnonzero(mine.any(axis=0)) + columns.start, np.flatnonzero(mine.any(axis=1)) + rows.start
        boxes.append([xs[0], ys[0], xs[-1] + 1, ys[-1] + 1])
        labels.append(CLASSES.index(thing.kind) + 1)
    return (
        torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4) / SUPERSAMPLING,
        torch.tensor(labels, dtype=torch.int64),
    )


def _expose(rng: np.random.Generator, canvas: Image.Image, options: SceneOptions) -> Image.Image:
    """Down to the scene's size, with the light, fog, blur and noise of the day."""
    image = canvas.reduce(SUPERSAMPLING)
    if rng.random() < 0.2:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9)))
    pixels = (
        np.asarray(image, dtype=np.float32) * rng.uniform(0.85, 1.1) * rng.uniform(0.95, 1.05, 3).astype(np.float32)
    )
    contrast = rng.uniform(*options.contrast)
    fog = float(pixels.mean())
    pixels = fog + contrast * (pixels - fog)
    sigma = rng.uniform(*options.noise)
    pixels += sigma * rng.standard_normal(pixels.shape, dtype=np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
