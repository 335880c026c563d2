"""The app in a real browser: what only a browser shows."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from frcnn_viz.paths import APP
from frcnn_viz.ui.frame.pages import PAGES
from frcnn_viz.words import word
from tests.browser.conftest import open_by_menu
from tests.browser.names import assert_named

Settled = Callable[[Page], None]
BALL = (368, 394)
"""Within the beach ball of the first sample scene, image pixels."""
WITHOUT_CANVAS = (
    "model",
    "third_head",
    "images",
    "metrics",
    "experiments",
    "video",
    "results",
    "lessons",
    "glossary",
    "teacher",
)
PAINTED = """canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 100;
}"""


@pytest.fixture
def app(serve: Callable[[Path], str]) -> str:
    return serve(APP)


def canvas(page: Page):  # noqa: ANN201
    return page.locator(".box-canvas canvas").first


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where pixel (x, y) of a 640 x 480 image is on the screen, before any zoom."""
    expect(page.locator(".box-canvas[data-messages]:not([data-waiting])").first).to_be_visible()
    canvas(page).scroll_into_view_if_needed()
    box = canvas(page).bounding_box()
    assert box
    scale = min(box["width"] / 640, box["height"] / 480)
    left, top = (box["width"] - 640 * scale) / 2, (box["height"] - 480 * scale) / 2
    return box["x"] + left + x * scale, box["y"] + top + y * scale


def wait_for_paint(page: Page) -> None:
    """Until the canvas shows a photograph, not a blank."""
    expect(canvas(page)).to_be_visible()
    page.wait_for_function(PAINTED, arg=canvas(page).element_handle(), timeout=5_000, polling=50)


def status(page: Page) -> str:
    return page.locator(".box-canvas .status").first.inner_text()


def slide(page: Page, label: str, value: float) -> None:
    page.locator(f"input[aria-label='{label}']").first.evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", value
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_by_link_painted_and_named(name: str, app: str, page: Page, settled: Settled) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{app}/{'' if name == 'overview' else name}")
    settled(page)
    expect(page.locator("h1")).to_have_text(word(f"page.{name}").term)
    expect(page.locator("[data-testid=stException], [data-testid=stDialog]")).to_have_count(0)
    if name not in WITHOUT_CANVAS:
        wait_for_paint(page)
    assert_named(page)
    assert errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_overview_fits_a_projector(scheme: str, app: str, browser: Browser, settled: Settled) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(app)
        settled(page)
        expect(page.get_by_text("differ by exactly 0")).to_be_visible()
        overflow = page.get_by_test_id("stMain").evaluate("main => main.scrollWidth > main.clientWidth")
        assert not overflow


def test_a_filter_moves_without_the_server(app: str, page: Page, settled: Settled, sent: list[object]) -> None:
    page.goto(f"{app}/proposals")
    settled(page)
    before, frames = status(page), len(sent)
    slide(page, "score ≥", 0.5)
    fewer = status(page)
    assert fewer != before
    page.get_by_role("button", name=re.compile("suppressed by NMS")).click()
    assert status(page) != fewer
    slide(page, "top", 0)
    assert " 1 of " in status(page)
    assert len(sent) == frames


def groups(page: Page) -> list[int]:
    """The group of every candidate that the canvas filters, as it has them now."""
    return page.locator(".box-canvas").evaluate(
        "root => [...root.__state.scene.layers.find((layer) => layer.sieve).groups]"
    )


def test_a_setting_acts_while_it_is_held_and_the_server_agrees(
    app: str, page: Page, settled: Settled, sent: list[object]
) -> None:
    page.goto(f"{app}/proposals")
    settled(page)
    kept, frames = page.get_by_role("button", name=re.compile("^kept")), len(sent)
    slide(page, "Limit on proposals", 2000)
    most = kept.inner_text()
    for threshold in (0.5, 0.35, 0.2):
        before = groups(page)
        slide(page, "RPN NMS IoU", threshold)
        held = groups(page)
        assert held != before
    assert kept.inner_text() != most
    assert len(sent) == frames
    page.get_by_role("slider", name="RPN NMS IoU").dispatch_event("change")
    expect(page).to_have_url(
        re.compile("rpn_nms_thresh=0.2&rpn_post_nms_top_n=2000|rpn_post_nms_top_n=2000&rpn_nms_thresh=0.2")
    )
    settled(page)
    assert page.locator(".box-canvas").evaluate("root => root.__state.asked.size") == 0
    assert groups(page) == held
    page.get_by_role("button", name="Reset settings").click()
    expect(page.get_by_role("slider", name="RPN NMS IoU")).to_have_value("0.7")


def test_settings_of_the_final_stage_act_while_they_are_held_and_the_server_agrees(
    app: str, page: Page, settled: Settled, sent: list[object]
) -> None:
    page.goto(f"{app}/detections")
    settled(page)
    cars, frames = page.locator(".canvas-panel").get_by_role("button", name=re.compile("^car")), len(sent)
    few = cars.inner_text()
    slide(page, "Limit on detections", 300)
    slide(page, "Score threshold", 0.005)
    assert cars.inner_text() != few
    for threshold in (0.6, 0.75, 0.9):
        before = groups(page)
        slide(page, "Final NMS IoU", threshold)
        held = groups(page)
        assert held != before
    assert len(sent) == frames
    page.get_by_role("slider", name="Final NMS IoU").dispatch_event("change")
    expect(page).to_have_url(re.compile("box_score_thresh=0.005.*box_nms_thresh=0.9.*box_detections_per_img=300"))
    settled(page)
    assert page.locator(".box-canvas").evaluate("root => root.__state.asked.size") == 0
    assert groups(page) == held
    page.mouse.click(*place(page, *BALL))
    expect(page.get_by_text("The life of a ball")).to_be_visible()


def test_clicking_a_box_shows_its_lineage_and_link(app: str, page: Page, settled: Settled) -> None:
    page.goto(app)
    settled(page)
    page.mouse.click(*place(page, *BALL))
    expect(page.locator("h1")).to_have_text("Detections", timeout=20_000)
    page.get_by_text("The life of a ball").scroll_into_view_if_needed()
    expect(page.get_by_text("The life of a ball")).to_be_visible()
    page.get_by_text("Kept: it goes on").scroll_into_view_if_needed()
    expect(page.get_by_text("Kept: it goes on")).to_be_visible()
    expect(page).to_have_url(re.compile("detection="))


def test_a_stages_picture_opens_it(app: str, page: Page, settled: Settled) -> None:
    page.goto(app)
    settled(page)
    page.locator(".gallery .tile", has_text="Objectness").click()
    expect(page.locator("h1")).to_have_text("Proposals")


def test_zooming_keeps_clicks_true(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/anchors")
    settled(page)
    x, y = place(page, 160, 120)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -600)
    page.mouse.click(x, y)
    settled(page)
    # (160, 120) of the image is (80, 60) for the network: at stride 4 that is row 15, column 20
    expect(page.get_by_text("Cell row 15, column 20")).to_be_visible()


def test_hovering_explains_a_box(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/detections")
    settled(page)
    page.mouse.move(*place(page, *BALL))
    tip = page.locator(".box-canvas .tip").first
    expect(tip).to_be_visible()
    assert "ball" in tip.inner_text()
    assert "score" in tip.inner_text()


def test_a_link_brings_its_settings_to_every_page(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/proposals?model=street-c4&image=night&rpn_nms_thresh=0.55")
    settled(page)
    expect(page.get_by_text("1 setting changed")).to_be_visible()
    open_by_menu(page, "detections")
    settled(page)
    for part in ("model=street-c4", "image=night", "rpn_nms_thresh=0.55"):
        assert part in page.url
    page.reload()
    settled(page)
    assert "rpn_nms_thresh=0.55" in page.url


def test_an_upload_is_looked_at_and_a_bad_one_is_told(app: str, page: Page, settled: Settled) -> None:
    page.goto(app)
    settled(page)
    picture = io.BytesIO()
    Image.linear_gradient("L").save(picture, "PNG")
    chooser = page.locator("section[data-testid=stSidebar] input[type=file]")
    chooser.set_input_files({"name": "ramp.png", "mimeType": "image/png", "buffer": picture.getvalue()})
    picture_choice = page.get_by_role("combobox", name=re.compile("Picture"))
    expect(picture_choice).to_have_value("Yours: ramp.png", timeout=20_000)
    expect(page.get_by_text("Converted from greyscale to RGB.")).to_be_visible()
    settled(page)
    chooser.set_input_files({"name": "note.png", "mimeType": "image/png", "buffer": b"not a picture"})
    expect(page.get_by_text("note.png is no JPEG, PNG")).to_be_visible(timeout=20_000)
    expect(picture_choice).to_have_value("Yours: ramp.png")
