"""What a visitor waits for, timed in headless Chromium: frames, sliders, the start."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.canvas import canvas_rows
from benchmarks.dials import dial_rows
from benchmarks.measure import Row
from benchmarks.served import served
from benchmarks.waits import upload_rows
from frcnn_viz.paths import APP
from tests.browser import chromium
from tests.browser.pages import FLAGS, VIEWPORT

APPS = Path(__file__).parent / "apps"


def browser_rows(repeats: int) -> list[Row]:
    """Canvas frames (ms against 16), RPN NMS slider (against an empty fragment), start (s against 15)."""
    path = chromium.find()
    if path is None:
        raise SystemExit(chromium.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport=VIEWPORT)
        rows = [
            _start_to_picture(page),
            _slider(page, browser.new_page(viewport=VIEWPORT), repeats),
            *upload_rows(browser),
        ]
        browser.close()
        rows += canvas_rows(playwright, path) + dial_rows(playwright, path)
    return rows


def _start_to_picture(page: Page) -> Row:
    start = time.perf_counter()
    with served(APP) as address:
        page.goto(address)
        _wait_for_canvas(page)
        seconds = time.perf_counter() - start
    return Row("start to first picture, of 15 s", "street-fpn", seconds * 1000, 15_000, 1.0)


def _slider(page: Page, empty_page: Page, repeats: int) -> Row:
    slider, empty = [], []
    with served(APP) as app, served(APPS / "fragment.py") as fragment:
        page.goto(f"{app}/proposals")
        _wait_for_canvas(page)
        empty_page.goto(fragment)
        empty_page.wait_for_selector(".echo")
        for turn in range(repeats + 1):
            for times, where, selector, watch in (
                (slider, page, ".bar input[aria-label='RPN NMS IoU']", (".box-canvas", "dataset.messages")),
                (empty, empty_page, ".st-key-value input", (".echo", "textContent")),
            ):
                time.sleep(0.7)
                taken = _press(where, selector, watch)
                if turn:
                    times.append(taken)
    return Row(
        "RPN NMS slider to repaint, over an empty fragment",
        "street-fpn",
        statistics.median(slider),
        statistics.median(empty),
        1.5,
    )


def _press(page: Page, slider: str, watch: tuple[str, str]) -> float:
    """Milliseconds from a key on a slider to the first frame after what is watched has changed."""
    page.bring_to_front()
    page.locator(slider).first.focus()
    selector, attribute = watch
    page.locator(selector).first.evaluate(
        """(first, [selector, path]) => {
            const node = () => document.querySelector(selector) ?? first;  // what a rerun replaces is looked up again
            const read = () => path.split('.').reduce((value, name) => value[name], node()), before = read();
            window.taken = new Promise((resolve) => document.addEventListener('keydown', () => {
                const start = performance.now();
                const done = () => (read() !== before ? resolve(performance.now() - start) : look());
                const look = () => requestAnimationFrame(done);
                look();
            }, { once: true, capture: true }));
        }""",
        [selector, attribute],
    )
    page.keyboard.press("ArrowLeft")
    return page.evaluate("window.taken")


def _wait_for_canvas(page: Page) -> None:
    page.locator(".box-canvas[data-ms]").first.wait_for(state="attached", timeout=120_000)
    time.sleep(2)
