"""What a visitor waits for with a large picture."""

from __future__ import annotations

import io
import tempfile
import time
from urllib.parse import urlencode

import numpy as np
import torch
from PIL import Image
from playwright.sync_api import Browser, Page
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from benchmarks.detectors import RESNET, STREET
from benchmarks.measure import Row
from benchmarks.served import served
from frcnn_viz.data.images import load_image
from frcnn_viz.models.registry import load_detector
from frcnn_viz.paths import APP

SIZE = (6000, 4000)
MOST_SECONDS = 120
STATE = """([width, part]) => {
    const inside = (e) => (e.shadowRoot ? walk(e.shadowRoot) : []);
    const walk = (node) => [...node.querySelectorAll('*')].flatMap((e) => [e, ...inside(e)]);
    const S = walk(document).find((e) => e.matches('.box-canvas'))?.__state;
    if (S?.scene?.width !== width) return false;
    if (part === 'picture') return !!S.image?.complete && S.image.naturalWidth > 0;
    return !S.scene.awaited && S.scene.layers.some((layer) => layer.count > 0);
}"""
"""Whether the canvas shows the picture of that width, or its boxes."""


def upload_rows(browser: Browser) -> list[Row]:
    """A photo of 6000 x 4000: how long until its picture, of 3 s, and until its detections, over `model([image])`."""
    return [row for number, name in enumerate((STREET, RESNET)) for row in _upload(browser, name, number)]


def _upload(browser: Browser, name: str, seed: int) -> list[Row]:
    detector, photo = load_detector(name, random_weights=name != STREET), _photo(seed)
    plain = _plain(detector.model, photo)
    link = urlencode({"model": name} | ({"weights": "random"} if name != STREET else {}))
    with tempfile.TemporaryDirectory() as folder, served(APP, FRCNN_VIZ_WORKSPACE=folder) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{address}/detections?{link}")
        page.locator(".box-canvas[data-messages]").wait_for(timeout=120_000)
        time.sleep(2)
        chooser = page.locator("section[data-testid=stSidebar] input[type=file]")
        chooser.set_input_files({"name": "large.jpg", "mimeType": "image/jpeg", "buffer": photo})
        start = time.perf_counter()  # the browser has the file, and sends it now
        seen = _seen(page, ("picture", "boxes"), start)
        page.close()
    return [
        Row("6000 x 4000 upload to its picture, of 3 s", name, seen["picture"] * 1000, 3000, 1.0),
        Row("6000 x 4000 upload to its detections", name, seen["boxes"] * 1000, plain * 1000, 2.0),
    ]


def _seen(page: Page, parts: tuple[str, ...], start: float) -> dict[str, float]:
    """Seconds until each was there, whichever came first.

    Raises:
        TimeoutError: one did not come.
    """
    seen: dict[str, float] = {}
    while len(seen) < len(parts):
        for part in parts:
            if part not in seen and page.evaluate(STATE, [SIZE[0], part]):
                seen[part] = time.perf_counter() - start
        if time.perf_counter() > start + MOST_SECONDS:
            raise TimeoutError(f"only {sorted(seen)} came after {MOST_SECONDS} s")
        time.sleep(0.02)
    return seen


def _photo(seed: int) -> bytes:
    draw = np.random.default_rng(seed)
    coarse = Image.fromarray(draw.integers(0, 256, (40, 60, 3), dtype=np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    coarse.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def _plain(model: GeneralizedRCNN, photo: bytes) -> float:
    """Seconds of `model([image])` on the decoded photo, on as many threads as the server has; the best of three."""
    image = load_image(photo, "large.jpg").tensor
    times = []
    for _ in range(3):
        start = time.perf_counter()
        with torch.inference_mode():
            model([image])
        times.append(time.perf_counter() - start)
    return min(times)
