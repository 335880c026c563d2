"""People and birds."""

from __future__ import annotations

import numpy as np

from frcnn_viz.data.scenes.pen import Pen, bright, pick, shade

SKINS = [(255, 219, 172), (241, 194, 125), (224, 172, 105), (198, 134, 66), (141, 85, 36), (92, 58, 30)]
HAIRS = [(30, 22, 18), (80, 50, 25), (150, 100, 45), (215, 180, 90), (150, 150, 150), (150, 50, 25)]
SHOES = [(25, 25, 30), (90, 50, 30), (230, 230, 230)]
FEATHERS = [(25, 25, 30), (60, 60, 75), (235, 235, 240), (50, 90, 160), (170, 50, 40), (95, 70, 45)]
BEAK = (240, 160, 30)


def draw_person(rng: np.random.Generator, width: float, height: float) -> Pen:
    """Head, body, arms in one of three poses, legs or a dress."""
    pen = Pen(width, height)
    skin, hair, shirt, trousers = pick(rng, SKINS), pick(rng, HAIRS), bright(rng), shade(bright(rng), 0.6)
    shoes, stride = pick(rng, SHOES), rng.uniform(0.06, 0.24)
    dress, hat = rng.random() < 0.35, rng.random() < 0.35
    left, right = 0.5 - stride, 0.5 + stride
    legs = skin if dress else trousers
    for hip, foot in ((0.42, left), (0.58, right)):
        pen.line([(hip, 0.55), ((hip + foot) / 2, 0.76), (foot, 0.95)], legs, 0.15)
        pen.rectangle(foot - 0.1, 0.945, foot + 0.13, 1.0, shoes, radius=0.04)
    for side, shoulder in ((-1, 0.3), (1, 0.7)):
        raised = rng.random() < 0.25
        elbow = (shoulder + side * 0.14, 0.26 if raised else 0.38)
        hand = (shoulder + side * 0.16, 0.13) if raised else (shoulder + side * rng.uniform(0.02, 0.18), 0.5)
        pen.line([(shoulder, 0.24), elbow, hand], shade(shirt, 0.85), 0.12)
        pen.ellipse(hand[0] - 0.07, hand[1] - 0.025, hand[0] + 0.07, hand[1] + 0.025, skin)
    if dress:
        pen.polygon([(0.32, 0.19), (0.68, 0.19), (0.86, 0.74), (0.14, 0.74)], shirt)
        pen.polygon([(0.33, 0.4), (0.67, 0.4), (0.69, 0.44), (0.31, 0.44)], shade(shirt, 0.6))
    else:
        pen.rectangle(0.27, 0.185, 0.73, 0.58, shirt, radius=0.12)
        pen.rectangle(0.27, 0.53, 0.73, 0.6, trousers, radius=0.05)
    pen.rectangle(0.43, 0.13, 0.57, 0.21, shade(skin, 0.9))
    pen.ellipse(0.3, 0.005, 0.7, 0.17, hair)
    pen.ellipse(0.33, 0.03, 0.67, 0.17, skin)
    pen.slice(0.3, 0.005, 0.7, 0.14, 180, 360, hair)
    for eye in (0.43, 0.57):
        pen.ellipse(eye - 0.025, 0.09, eye + 0.025, 0.105, (30, 30, 30))
    if hat:
        colour = bright(rng)
        pen.slice(0.29, 0.0, 0.71, 0.15, 180, 360, colour)
        pen.rectangle(0.22, 0.065, 0.78, 0.085, shade(colour, 0.75), radius=0.02)
    return pen


def draw_bird(rng: np.random.Generator, width: float, height: float, facing_left: bool | None = None) -> Pen:
    """Flying with a wing up or down, or perched with it folded; facing left, right or, if not said, either way."""
    pen = Pen(width, height)
    feather = pick(rng, FEATHERS)
    belly, wing = shade(feather, 1.35), shade(feather, 0.7)
    chance = rng.random() < 0.5
    mirror = chance if facing_left is None else facing_left

    def at(x: float) -> float:
        return 1 - x if mirror else x

    def span(x0: float, x1: float) -> tuple[float, float]:
        return min(at(x0), at(x1)), max(at(x0), at(x1))

    pose = rng.integers(3)
    pen.polygon([(at(0.0), 0.42), (at(0.0), 0.66), (at(0.32), 0.58)], wing)
    left, right = span(0.18, 0.78)
    pen.ellipse(left, 0.36, right, 0.78, feather)
    left, right = span(0.3, 0.72)
    pen.ellipse(left, 0.54, right, 0.76, belly)
    left, right = span(0.64, 0.9)
    pen.ellipse(left, 0.26, right, 0.6, feather)
    pen.polygon([(at(0.87), 0.36), (at(0.87), 0.5), (at(1.0), 0.45)], BEAK)
    eye = at(0.8)
    pen.ellipse(eye - 0.03, 0.34, eye + 0.03, 0.42, (250, 250, 250) if sum(feather) < 300 else (20, 20, 20))
    if pose == 0:
        pen.polygon([(at(0.3), 0.5), (at(0.62), 0.48), (at(0.4), 0.0), (at(0.22), 0.06)], wing)
    elif pose == 1:
        pen.polygon([(at(0.3), 0.5), (at(0.62), 0.52), (at(0.44), 1.0), (at(0.24), 0.96)], wing)
    else:
        left, right = span(0.22, 0.6)
        pen.ellipse(left, 0.42, right, 0.64, wing)
    return pen
