"""How long a frame takes while a setting is dragged: the final stage's filters, and the anchor lab on a whole set."""

from __future__ import annotations

import base64
import statistics
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Playwright

from benchmarks.measure import Row
from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids, fit_anchors
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.canvas.sieve import Dial, Sieve
from frcnn_viz.figures.detections import DIALS, LOST, MOST_HELD
from frcnn_viz.ui import anchor_dials
from tests.browser.pages import FLAGS, VIEWPORT
from tests.canvas.host import Host, picture_url

CLASSES = 91
OBJECTS, KINDS, SIZES = 4000, 200, ((32.0,), (64.0,), (128.0,), (256.0,), (512.0,))
RATIOS = ((0.5, 1.0, 2.0),) * len(SIZES)
DRAG = """async ([name, low, high, frames]) => {
    const slider = document.querySelector(`input[aria-label="${name}"]`);
    const painted = document.querySelector('.box-canvas, .anchor-dials'), times = [];
    const frame = () => new Promise(requestAnimationFrame);
    for (let n = 0; n < frames; n++) {
        slider.value = low + ((high - low) * n) / frames;
        const begun = performance.now();
        slider.dispatchEvent(new Event("input"));
        const acted = performance.now() - begun;
        await frame();
        await frame();
        times.push(acted + Number(painted.dataset.ms));
    }
    return times;
}"""
MOUNT = """async ([script, text]) => {
    const bytes = new TextEncoder().encode(script), parts = [...bytes].map((b) => String.fromCharCode(b)).join("");
    const { default: show } = await import("data:text/javascript;base64," + btoa(parts));
    const data = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    show({ parentElement: document.body, data, setTriggerValue() {} });
}"""


def dial_rows(playwright: Playwright, path: str, frames: int = 60) -> list[Row]:
    """The median frame of each, against 16 ms."""
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    page = browser.new_page(viewport=VIEWPORT)
    Host(page, _final_stage())
    times = {f"final NMS dragged, {MOST_HELD:,} boxes": page.evaluate(DRAG, ["nmsIou", 0.3, 0.9, frames])}
    page.set_content('<div class="anchor-dials"></div>')
    page.evaluate(MOUNT, [anchor_dials.script(), base64.b64encode(_lab()).decode()])
    shapes = sum(len(sizes) * len(ratios) for sizes, ratios in zip(SIZES, RATIOS, strict=True))
    name = f"anchor size dragged, {OBJECTS:,} objects x {shapes} shapes"
    times[name] = page.evaluate(DRAG, ["Anchor sizes, level 0", 8, 128, frames])
    browser.close()
    return [Row(f"{name}, of 16 ms", "canvas", statistics.median(of), 16, 1.0) for name, of in times.items()]


def _final_stage() -> CanvasScene:
    generator = torch.Generator().manual_seed(0)
    boxes = _boxes(generator, MOST_HELD)
    labels = torch.randint(1, CLASSES, (MOST_HELD,), generator=generator)
    values = {"minScore": (0.05, 1.0, 0.005), "nmsIou": (0.5, 1.0, 0.01), "most": (100, 300, 1)}
    dials = {role: Dial(role, role, "", value, 0.0, high, step) for role, (value, high, step) in values.items()}
    assert dials.keys() == DIALS.keys()
    places = {name: CLASSES + number for number, name in enumerate(LOST)}
    layer = BoxLayer(
        "refined box",
        boxes,
        [(str(group), "#0072B2") for group in range(CLASSES + len(LOST))],
        groups=torch.full((MOST_HELD,), places["unlikely"]),
        scores=torch.rand(MOST_HELD, generator=generator) ** 8,
        named=CLASSES,
        hidden_groups=tuple(places.values()),
        sieve=Sieve(boxes, labels, dials, {"kept": 0, **places}, True, "detections", {"minSide": 0.01}),
    )
    return CanvasScene(picture_url(1333, 800), 1333, 800, [layer])


def _lab() -> bytes:
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, KINDS, (OBJECTS,), generator=generator)
    strides = torch.tensor([4, 8, 16, 32, 64]).view(1, -1, 1).expand(OBJECTS, -1, 2)
    grids = torch.randint(0, 9, (KINDS, len(SIZES), 2), generator=generator) + 800 // strides[:KINDS]
    names = np.array(["thing"] * OBJECTS, dtype=object)
    objects = ObjectsOnGrids(_boxes(generator, OBJECTS), names, image, strides, grids[image], tuple("01234"))
    settings: Any = SimpleNamespace(anchor_sizes=SIZES, aspect_ratios=RATIOS, rpn_fg_iou_thresh=0.7)
    return anchor_dials.pack(objects, fit_anchors(objects, SIZES, RATIOS), settings, None)


def _boxes(generator: torch.Generator, count: int) -> torch.Tensor:
    corners = torch.rand(count, 2, generator=generator) * torch.tensor([1000.0, 600.0])
    return torch.cat([corners, corners + 10 + 300 * torch.rand(count, 2, generator=generator) ** 2], dim=1)
