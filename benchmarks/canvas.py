"""How long a frame of the canvas takes from the hand's move to the next, with nothing to wait for but the work."""

from __future__ import annotations

import statistics

import torch
from playwright.sync_api import Playwright

from benchmarks.measure import Row
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from tests.browser.pages import FLAGS, VIEWPORT
from tests.canvas.host import Host, picture_url

COUNTS = {1_000: 1.0, 20_000: 1.0, 100_000: 1.0, 268_000: None}
"""Boxes, and the most that a frame may take of 16 ms."""
UNBOUND = ("--disable-frame-rate-limit", "--disable-gpu-vsync")
MOVES = """async ([motion, frames]) => {
    const slider = document.querySelector("input[aria-label='score ≥']"), picture = document.querySelector('canvas');
    const point = (kind, x, y) => picture.dispatchEvent(
        new PointerEvent(kind, { pointerId: 1, button: 0, clientX: x, clientY: y }));
    picture.setPointerCapture = () => {};
    const move = {
        filter(n) { slider.value = (n % 10) / 40; slider.dispatchEvent(new Event('input')); },
        pan(n) { point('pointermove', 300 + n * 7 % 200, 300 + n * 5 % 100); },
        hover(n) { point('pointermove', 300 + n * 7 % 200, 300 + n * 5 % 100); },
    }[motion];
    slider.value = 0;
    slider.dispatchEvent(new Event('input'));
    if (motion === 'pan') point('pointerdown', 400, 300);
    const times = [];
    for (let n = 0, last = 0; n < frames; n++) {
        move(n);
        const now = await new Promise(requestAnimationFrame);
        if (n > 4) times.push(now - last);
        last = now;
    }
    if (motion === 'pan') point('pointerup', 400, 300);
    return times;
}"""


def canvas_rows(playwright: Playwright, path: str, frames: int = 60) -> list[Row]:
    """Filter, pan and hover at 1,000 to 268,000 boxes: the median frame, against 16 ms."""
    browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *UNBOUND])
    rows = []
    for count, limit in COUNTS.items():
        page = browser.new_page(viewport=VIEWPORT)
        Host(page, _scene(count), width=1100)
        for motion in ("filter", "pan", "hover"):
            median = statistics.median(page.evaluate(MOVES, [motion, frames]))
            rows.append(Row(f"canvas {motion}, {count:,} boxes, of 16 ms", "canvas", median, 16, limit))
        page.close()
    browser.close()
    return rows


def _scene(count: int) -> CanvasScene:
    generator = torch.Generator().manual_seed(0)
    corners = torch.rand(count, 2, generator=generator) * torch.tensor([1250.0, 750.0])
    sides = 10 + 70 * torch.rand(count, 2, generator=generator)
    layer = BoxLayer(
        "box",
        torch.cat([corners, corners + sides], dim=1),
        [("one", "#0072B2"), ("two", "#E69F00")],
        groups=torch.arange(count) % 2,
        scores=torch.rand(count, generator=generator),
    )
    return CanvasScene(picture_url(1333, 800), 1333, 800, [layer])
