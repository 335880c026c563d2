"""A report opened as a file, with no network: alive, with the pixels of any other host, printable, in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from frcnn_viz import load_detector
from frcnn_viz.data.samples import sample_picture
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.report.picture import Shot, encode
from frcnn_viz.report.view import Seen, usual_shot, view_report
from frcnn_viz.words import word
from tests.canvas.host import Host

HEIGHT = 1400
DRAWN = """() => [...document.querySelectorAll('.box-canvas')].every(
    ({ __state: S }) => !S.frame && !S.resting && S.image?.complete)"""


@pytest.fixture(scope="module")
def shot_and_text() -> tuple[Shot, str]:
    detector, (image, _) = load_detector("street-fpn", "cpu"), sample_picture("first-street")
    seen = Seen("One", detector, image, Trace(detector.model, image.pixels), "print()")
    shot = usual_shot(seen)
    return shot, view_report("One", "A view.", [shot, replace(shot, exact=False)], [seen])


@pytest.fixture
def opened(shot_and_text: tuple[Shot, str], tmp_path: Path, browser: Browser) -> Iterator[Page]:
    """The file in a browser that is offline; it may ask for nothing but itself, and says nothing on the console."""
    file = tmp_path / "report.html"
    file.write_text(shot_and_text[1], encoding="utf-8")
    asked: set[str] = set()
    told: list[str] = []
    viewport = {"width": 1440, "height": HEIGHT}
    with browser.new_context(viewport=viewport, offline=True, color_scheme="dark") as context:
        context.on("request", lambda request: asked.add(request.url))
        page = context.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.goto(file.as_uri())
        expect(page.locator(".box-canvas:not([data-waiting])")).to_have_count(2)
        page.wait_for_function(DRAWN)
        yield page
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {file.as_uri()}
    assert told == []


def test_it_paints_as_every_host_does(opened: Page, page: Page, shot_and_text: tuple[Shot, str]) -> None:
    shot, _ = shot_and_text
    width = opened.locator(".live").first.evaluate("(live) => live.clientWidth")
    pixels = "[...document.querySelector('.box-canvas').querySelectorAll('canvas')].map((one) => one.toDataURL())"
    painted = opened.evaluate(pixels)
    page.set_viewport_size({"width": 1440, "height": HEIGHT})
    host = Host(page, replace(shot.scene, url=encode(shot.image, shot.most, exact=True)), width)
    assert painted == host.pixels()


def test_its_sliders_filter_and_it_has_two_themes(opened: Page) -> None:
    detector, (image, _) = load_detector("street-fpn", "cpu"), sample_picture("first-street")
    settings, status = Settings.of(detector.model), opened.locator(".status").first
    for threshold in (settings.box_score_thresh, 0.9):
        at = Trace(detector.model, image.pixels, settings.replace(box_score_thresh=threshold))
        opened.get_by_role("slider", name=word("box_score_thresh").term).first.fill(str(threshold))
        expect(status).to_contain_text(f" {len(at.detections)} of")
    back = "getComputedStyle(document.body).backgroundColor"
    dark = opened.evaluate(back)
    opened.locator("#theme").click()
    assert opened.evaluate(back) == "rgb(255, 255, 255)" != dark
    opened.locator("#theme").click()
    assert opened.evaluate(back) == dark


def test_on_paper_pictures_are_whole_and_controls_are_gone(opened: Page) -> None:
    opened.emulate_media(media="print")
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(opened.locator("#theme")).to_be_hidden()
    expect(opened.locator(".foot").first).to_be_hidden()
    stage, canvas = (opened.locator(f".{name}").first.bounding_box() for name in ("stage", "picture"))
    assert stage == canvas
