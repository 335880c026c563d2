"""Sky, hills, ground and road: what a scene has before anything stands in it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from frcnn_viz.data.scenes.options import HEIGHT, WIDTH
from frcnn_viz.data.scenes.pen import SUPERSAMPLING, pick, shade

SKIES = [
    ((70, 130, 200), (190, 220, 240)),
    ((40, 90, 170), (140, 190, 230)),
    ((150, 160, 170), (205, 210, 215)),
    ((90, 60, 140), (250, 170, 130)),
    ((200, 110, 170), (250, 190, 200)),
    ((250, 160, 90), (255, 225, 170)),
    ((25, 30, 70), (90, 90, 130)),
]
GROUNDS = [(110, 150, 70), (85, 130, 60), (225, 228, 235), (205, 180, 130), (140, 140, 140), (150, 120, 85)]
HILLS = [(110, 130, 110), (95, 110, 130), (130, 120, 140), (80, 100, 90)]
W, H = WIDTH * SUPERSAMPLING, HEIGHT * SUPERSAMPLING


def draw_background(rng: np.random.Generator) -> tuple[Image.Image, float]:
    """An image of the supersampled size, and the height of its horizon as a fraction of the scene's."""
    horizon = rng.uniform(0.36, 0.52)
    line = int(horizon * H)
    top, bottom = SKIES[int(rng.integers(len(SKIES)))]
    ground = shade(pick(rng, GROUNDS), rng.uniform(0.75, 1.1))
    rows = np.empty((H, 3))
    rows[:line] = np.linspace(top, bottom, line)
    rows[line:] = np.linspace(shade(ground, 0.85), shade(ground, 1.05), H - line)
    image = Image.fromarray(np.repeat(rows[:, None].astype(np.uint8), W, axis=1))
    draw = ImageDraw.Draw(image)
    _draw_sky(rng, draw, line)
    hill = pick(rng, HILLS)
    for _ in range(int(rng.integers(1, 4))):
        centre, half, rise = rng.uniform(0, W), rng.uniform(0.2, 0.5) * W, rng.uniform(0.05, 0.18) * H
        draw.chord(
            (centre - half, line - rise, centre + half, line + rise), 180, 360, fill=shade(hill, rng.uniform(0.8, 1.2))
        )
    for _ in range(12):
        x, y = rng.uniform(0, W), rng.uniform(line + 20, H)
        size = 10 + 40 * (y - line) / (H - line)
        draw.ellipse((x, y, x + size, y + size / 4), fill=shade(ground, rng.uniform(0.8, 0.95)))
    if rng.random() < 0.7:
        _draw_road(rng, draw, line)
    if rng.random() < 0.3:
        _draw_fence(rng, draw, line)
    return image, horizon


def _draw_sky(rng: np.random.Generator, draw: ImageDraw.ImageDraw, line: int) -> None:
    if rng.random() < 0.5:
        x, y, r = rng.uniform(0, W), rng.uniform(0, line * 0.6), rng.uniform(30, 55)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=pick(rng, [(255, 240, 170), (255, 250, 235)]))
    for _ in range(int(rng.integers(0, 4))):
        x, y, size = rng.uniform(0, W), rng.uniform(0.1, 0.7) * line, rng.uniform(50, 120)
        colour = shade((250, 250, 252), rng.uniform(0.85, 1.0))
        for dx, dy, s in [(-0.9, 0.1, 0.6), (0.0, -0.15, 0.8), (0.9, 0.1, 0.6), (0.3, 0.15, 0.7)]:
            cx, cy, r = x + dx * size, y + dy * size, s * size
            draw.ellipse((cx - r, cy - r * 0.42, cx + r, cy + r * 0.42), fill=colour)


def _draw_road(rng: np.random.Generator, draw: ImageDraw.ImageDraw, line: int) -> None:
    top = line + rng.uniform(0.15, 0.6) * (H - line)
    bottom = min(H, top + rng.uniform(0.15, 0.35) * (H - line))
    draw.rectangle((0, top, W, bottom), fill=pick(rng, [(70, 70, 74), (90, 90, 92), (55, 55, 60)]))
    middle, dash = (top + bottom) / 2, rng.uniform(40, 70)
    for i in range(int(W / dash / 2) + 1):
        draw.rectangle((i * dash * 2, middle - 3, i * dash * 2 + dash, middle + 3), fill=(235, 230, 190))


def _draw_fence(rng: np.random.Generator, draw: ImageDraw.ImageDraw, line: int) -> None:
    y, colour = line + rng.uniform(4, 30), pick(rng, [(160, 120, 80), (235, 235, 235)])
    draw.rectangle((0, y - 22, W, y - 17), fill=colour)
    draw.rectangle((0, y - 10, W, y - 5), fill=colour)
    for x in range(0, W, 36):
        draw.rectangle((x, y - 30, x + 7, y), fill=colour)
