"""The canvas on a page: its place, its size, its controls beside it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

SCRIPT = Path(__file__).parent / "apps" / "panel.py"
SIZES = """async (stage) => {
    const sizes = new Set();
    for (let n = 0; n < 30; n++) {
        await new Promise(requestAnimationFrame);
        sizes.add(stage.offsetWidth + " x " + stage.offsetHeight);
    }
    return [...sizes];
}"""
Settled = Callable[[Page], None]


@pytest.fixture
def app(serve: Callable[[Path], str]) -> str:
    return serve(SCRIPT)


def switch(page: Page, name: str, settled: Settled) -> None:
    page.get_by_test_id("stCheckbox").filter(has_text=name).locator("label").click()
    settled(page)


def test_the_controls_stand_in_the_panel_whichever_comes_first(app: str, page: Page, settled: Settled) -> None:
    page.goto(app)
    settled(page)
    beside, within = page.locator(".canvas-panel .filters label"), page.locator(".box-canvas .filters label")
    expect(beside).to_have_count(2)
    expect(within).to_have_count(0)
    beside.get_by_role("slider", name="top").fill("0")
    expect(page.locator(".status")).to_have_text("Shown: box 1 of 40")
    switch(page, "panel", settled)
    expect(within).to_have_count(2)
    switch(page, "panel", settled)
    expect(beside).to_have_count(2)
    expect(within).to_have_count(0)
    expect(page.locator(".status")).to_have_text("Shown: box 1 of 40")
    switch(page, "canvas", settled)
    expect(page.locator(".filters")).to_have_count(0)
    switch(page, "canvas", settled)
    expect(beside).to_have_count(2)
    expect(page.locator(".status")).to_have_text("Shown: box 40 of 40")


def test_in_a_panel_sliders_have_rows_and_chips_stand_two_in_one(app: str, page: Page, settled: Settled) -> None:
    page.goto(app)
    settled(page)
    panel = page.locator(".canvas-panel").bounding_box()
    sliders = [one.bounding_box() for one in page.locator(".canvas-panel .filters > label").all()]
    assert all(abs(one["width"] - panel["width"]) < 1 for one in sliders)
    assert all(one["height"] < 32 for one in sliders)
    assert all(a["y"] + a["height"] <= b["y"] for a, b in pairwise(sliders))
    chips = [one.bounding_box() for one in page.locator(".canvas-panel .filters > .chip").all()]
    assert all(panel["x"] <= one["x"] and one["x"] + one["width"] <= panel["x"] + panel["width"] + 1 for one in chips)
    assert max(len([two for two in chips if two["y"] == one["y"]]) for one in chips) == 2


@pytest.mark.parametrize("window", [(1280, 720), (853, 480), (390, 844), (1920, 1080)])
def test_the_stage_fills_its_column_and_fits_the_window(
    window: tuple[int, int], app: str, browser: Browser, settled: Settled
) -> None:
    width, height = window
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        page.goto(app)
        settled(page)
        sizes = page.locator(".stage").evaluate(SIZES)
        assert len(sizes) == 1, "it oscillates"
        stage, column = page.locator(".stage").bounding_box(), page.locator(".canvas-host").bounding_box()
        assert abs(stage["width"] - column["width"]) < 1
        room = height - stage["y"] - page.locator(".foot").bounding_box()["height"] - 16
        assert abs(stage["height"] - max(220, min(stage["width"] * 480 / 640, room))) < 1.5
        page.mouse.move(width / 4, stage["y"] / 2)
        page.mouse.wheel(0, 300)  # where there is anything to scroll
        page.evaluate("new Promise((done) => setTimeout(done, 200))")
        page.evaluate("window.dispatchEvent(new Event('resize'))")
        assert page.locator(".stage").evaluate(SIZES) == sizes
        picture = page.locator("canvas.picture").bounding_box()
        assert abs(picture["height"] - stage["height"]) < 1
        assert abs(picture["width"] - stage["width"]) < 1


def test_a_look_is_told_in_the_browser_alone(app: str, page: Page, settled: Settled) -> None:
    frames: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(frame)))
    page.goto(app)
    settled(page)
    sent = len(frames)
    page.evaluate("window.addEventListener('frcnn-viz:look', ({ detail }) => { window.look = detail.text; })")
    page.get_by_role("button", name="two").click()
    page.wait_for_function("window.look === 'h=box:1'")
    assert len(frames) == sent
