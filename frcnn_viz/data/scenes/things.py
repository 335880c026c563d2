"""Cars, balls, trees, houses, and the things no detector was trained on."""

from __future__ import annotations

import numpy as np

from frcnn_viz.data.scenes.pen import Colour, Pen, bright, pick, shade

GLASS = [(170, 210, 230), (190, 225, 240), (120, 150, 170)]
LEAVES = [(46, 125, 50), (27, 94, 32), (104, 159, 56), (85, 107, 47), (200, 120, 40), (170, 70, 40)]
TRUNK = (101, 67, 33)
ROOFS = [(120, 50, 45), (70, 60, 80), (60, 80, 90), (140, 80, 50)]
TYRE, RIM = (22, 22, 24), (170, 170, 175)


def draw_car(rng: np.random.Generator, width: float, height: float, facing_left: bool | None = None) -> Pen:
    """A saloon, a bus or a pick-up, facing left, right or, where that is not said, either way."""
    pen = Pen(width, height)
    paint, glass, chance = bright(rng), pick(rng, GLASS), rng.random() < 0.5
    mirror = chance if facing_left is None else facing_left

    def x(value: float) -> float:
        return 1 - value if mirror else value

    def block(x0: float, y0: float, x1: float, y1: float, colour: Colour, radius: float = 0.0) -> None:
        pen.rectangle(min(x(x0), x(x1)), y0, max(x(x0), x(x1)), y1, colour, radius)

    kind = rng.choice(3, p=[0.55, 0.25, 0.2])
    if kind == 1:
        block(0.0, 0.0, 1.0, 0.84, paint, 0.05)
        for i in range(4):
            block(0.06 + i * 0.23, 0.12, 0.24 + i * 0.23, 0.42, glass, 0.01)
        block(0.0, 0.52, 1.0, 0.57, shade(paint, 0.7))
    else:
        back = 0.16 if kind == 0 else 0.34
        pen.polygon([(x(back), 0.45), (x(back + 0.1), 0.0), (x(0.66), 0.0), (x(0.82), 0.45)], paint)
        pen.polygon([(x(back + 0.04), 0.42), (x(back + 0.12), 0.07), (x(0.46), 0.07), (x(0.46), 0.42)], glass)
        pen.polygon([(x(0.5), 0.42), (x(0.5), 0.07), (x(0.64), 0.07), (x(0.77), 0.42)], glass)
        block(0.0, 0.4, 1.0, 0.82, paint, 0.05)
        if kind == 2:
            block(0.02, 0.4, back, 0.5, shade(paint, 0.45))
        block(0.0, 0.6, 1.0, 0.65, shade(paint, 0.65))
    block(0.94, 0.5, 1.0, 0.6, (255, 245, 180), 0.01)
    block(0.0, 0.5, 0.04, 0.6, (200, 30, 30), 0.01)
    for centre in (0.22, 0.78):
        radius = 0.27 * height / width
        pen.ellipse(x(centre) - radius, 0.46 + 0.0, x(centre) + radius, 1.0, TYRE)
        pen.ellipse(x(centre) - radius / 2, 0.6, x(centre) + radius / 2, 0.86, RIM)
    return pen


def draw_ball(rng: np.random.Generator, width: float, height: float) -> Pen:
    """A football, a beach ball, or one with a band."""
    pen = Pen(width, height)
    kind, first, second = rng.integers(3), bright(rng), bright(rng)
    if kind == 0:
        pen.ellipse(0, 0, 1, 1, (240, 240, 240))
        for px, py in [(0.5, 0.5), (0.5, 0.1), (0.12, 0.4), (0.88, 0.4), (0.27, 0.85), (0.73, 0.85)]:
            pen.ellipse(px - 0.11, py - 0.11, px + 0.11, py + 0.11, (25, 25, 25))
        return _rounded(pen)
    pen.ellipse(0, 0, 1, 1, first)
    if kind == 1:
        turn = rng.uniform(0, 60)
        for i in range(3):
            pen.slice(0, 0, 1, 1, turn + i * 120, turn + i * 120 + 60, second if i else (245, 245, 245))
    else:
        pen.rectangle(0.02, 0.4, 0.98, 0.6, second)
        pen.ellipse(0.2, 0.12, 0.4, 0.3, shade(first, 1.5))
        return _rounded(pen)
    return pen


def draw_tree(rng: np.random.Generator, width: float, height: float) -> Pen:
    """Round with perhaps some fruit, or a conifer."""
    pen = Pen(width, height)
    leaf = pick(rng, LEAVES)
    if rng.random() < 0.4:
        pen.rectangle(0.42, 0.8, 0.58, 1.0, TRUNK)
        for i in range(3):
            top, bottom, half = i * 0.22, 0.42 + i * 0.22, 0.3 + i * 0.1
            pen.polygon([(0.5, top), (0.5 + half, bottom), (0.5 - half, bottom)], shade(leaf, 0.75 + 0.1 * i))
        return pen
    pen.polygon([(0.44, 0.5), (0.56, 0.5), (0.6, 1.0), (0.4, 1.0)], TRUNK)
    for x0, y0, x1, y1, light in [
        (0.0, 0.22, 0.55, 0.64, 0.8),
        (0.45, 0.22, 1.0, 0.64, 0.8),
        (0.15, 0.0, 0.85, 0.5, 0.95),
        (0.22, 0.3, 0.78, 0.7, 0.9),
        (0.28, 0.08, 0.62, 0.34, 1.2),
    ]:
        pen.ellipse(x0, y0, x1, y1, shade(leaf, light))
    if rng.random() < 0.4:
        for _ in range(7):
            px, py = rng.uniform(0.2, 0.8), rng.uniform(0.15, 0.55)
            pen.ellipse(px - 0.035, py - 0.025, px + 0.035, py + 0.025, (205, 35, 40))
    return pen


def draw_house(rng: np.random.Generator, width: float, height: float) -> Pen:
    """Walls, a roof with a chimney, windows and a door."""
    pen = Pen(width, height)
    wall, roof = shade(bright(rng), 1.15), pick(rng, ROOFS)
    chimney = rng.choice([0.2, 0.68])
    pen.rectangle(chimney, 0.04, chimney + 0.12, 0.3, shade(roof, 0.7))
    pen.rectangle(0.06, 0.36, 0.94, 1.0, wall)
    peak = rng.uniform(0.35, 0.65)
    pen.polygon([(0.0, 0.4), (peak - 0.12, 0.0), (peak + 0.12, 0.0), (1.0, 0.4)], roof)
    door = rng.choice([0.2, 0.42, 0.64])
    pen.rectangle(door, 0.72, door + 0.16, 1.0, shade(roof, 0.8))
    pen.ellipse(door + 0.11, 0.85, door + 0.14, 0.88, (240, 210, 90))
    glass = pick(rng, GLASS)
    for row, y0 in enumerate((0.46, 0.74)):
        for x0 in (0.14, 0.42, 0.7):
            if row and abs(x0 - door) < 0.2:
                continue
            pen.rectangle(x0, y0, x0 + 0.16, y0 + 0.16, (245, 245, 245))
            pen.rectangle(x0 + 0.015, y0 + 0.015, x0 + 0.145, y0 + 0.145, glass)
            pen.rectangle(x0 + 0.073, y0, x0 + 0.087, y0 + 0.16, (245, 245, 245))
    return pen


def draw_unknown(rng: np.random.Generator, kind: str, width: float, height: float) -> Pen:
    """A traffic cone, a dog or a hot-air balloon."""
    pen = Pen(width, height)
    if kind == "cone":
        pen.rectangle(0.0, 0.88, 1.0, 1.0, (200, 80, 20), 0.05)
        pen.polygon([(0.42, 0.0), (0.58, 0.0), (0.85, 0.9), (0.15, 0.9)], (240, 110, 30))
        pen.polygon([(0.33, 0.35), (0.67, 0.35), (0.75, 0.58), (0.25, 0.58)], (245, 245, 245))
    elif kind == "dog":
        coat = pick(rng, [(120, 80, 45), (60, 50, 45), (210, 180, 130)])
        pen.ellipse(0.12, 0.3, 0.74, 0.7, coat)
        for leg in (0.2, 0.32, 0.54, 0.65):
            pen.line([(leg, 0.55), (leg, 0.96)], shade(coat, 0.85), 0.07)
        pen.ellipse(0.62, 0.08, 0.92, 0.48, coat)
        pen.polygon([(0.64, 0.08), (0.74, 0.1), (0.66, 0.4)], shade(coat, 0.6))
        pen.line([(0.14, 0.45), (0.03, 0.15)], coat, 0.06)
        pen.ellipse(0.9, 0.26, 1.0, 0.38, (20, 20, 20))
    else:
        first, second = bright(rng), bright(rng)
        pen.ellipse(0.0, 0.0, 1.0, 0.75, first)
        pen.ellipse(0.28, 0.0, 0.72, 0.75, second)
        pen.polygon([(0.2, 0.62), (0.8, 0.62), (0.6, 0.85), (0.4, 0.85)], shade(first, 0.8))
        pen.rectangle(0.38, 0.87, 0.62, 1.0, (120, 80, 40), 0.04)
    return pen


def _rounded(pen: Pen) -> Pen:
    """Cut what stands over the circle."""
    mask = Pen(pen.width / 2, pen.height / 2)
    mask.ellipse(0, 0, 1, 1, (255, 255, 255))
    pen.tile.putalpha(mask.tile.getchannel("A").resize(pen.tile.size))
    return pen
