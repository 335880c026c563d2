"""Pinning by key, and two canvases that are turned together."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, expect

from frcnn_viz.paths import APP
from tests.browser.test_app import Settled


def test_pin_by_key_then_compare_with_linked_zoom(
    serve: Callable[[Path], str], browser: Browser, settled: Settled
) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        page.goto(f"{serve(APP)}/detections?image=night&model=street-fpn&box_score_thresh=0.3")
        settled(page)
        expect(page.get_by_role("button", name="Keys")).to_be_visible()
        page.keyboard.press("p")
        expect(page.get_by_role("button", name="Compare")).to_be_visible()
        settled(page)
        page.get_by_role("button", name="Reset settings").click()
        settled(page)
        page.keyboard.press("p")
        expect(page.locator("h1")).to_have_text("Compare")
        settled(page)
        pictures = page.locator(".box-canvas canvas.picture")
        expect(pictures).to_have_count(2)
        boxes = [one.bounding_box() for one in pictures.all()]
        for box in boxes:
            assert box["width"] >= 450
            assert box["height"] >= box["width"] * 0.74  # all of a picture of 640 x 480
            assert box["y"] + box["height"] <= 720
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight") <= 720
        page.mouse.move(boxes[0]["x"] + 200, boxes[0]["y"] + 200)
        page.mouse.wheel(0, -600)
        expect(page).to_have_url(re.compile("look=z"))
        views = [one.evaluate("(root) => root.__state.view.zoom") for one in page.locator(".box-canvas").all()]
        assert views[0] == views[1] > 1
        link, before = page.url, [one.evaluate("(c) => c.toDataURL()") for one in pictures.all()]
        page.get_by_role("button", name="Unpin").click()
        expect(page.get_by_text("Nothing is pinned yet")).to_be_visible()
        expect(page.get_by_role("button", name="Pin", exact=True)).to_be_visible()
        again = context.new_page()
        again.goto(link)
        settled(again)
        again.wait_for_timeout(300)
        after = [one.evaluate("(c) => c.toDataURL()") for one in again.locator(".box-canvas canvas.picture").all()]
        assert after == before
