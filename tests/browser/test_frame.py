"""The frame in a real browser: what is seen at which window, links, Back and Forward, keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from frcnn_viz.paths import APP
from frcnn_viz.ui.frame.pages import STORY
from frcnn_viz.words import word
from tests.browser.conftest import open_by_menu, open_tab
from tests.browser.contrast import hard_to_read

Settled = Callable[[Page], None]
WITH_CANVAS = [
    *("overview", "input", "features", "anchors", "proposals", "rois", "detections"),
    *("training", "lab", "train", "conventions", "autopsy", "court", "probe"),
]
CANVAS = ".box-canvas canvas"
FITS = "(e => e.scrollHeight <= e.clientHeight)(document.querySelector('[data-testid=stMain]'))"


@pytest.fixture
def app(serve: Callable[[Path], str]) -> str:
    return serve(APP)


def url(app: str, page: str) -> str:
    return f"{app}/{'' if page == 'overview' else page}"


AT_FIRST = """(root) => addEventListener("frcnn-viz:picture", ({ detail }) => {
    const S = root.__state, { opacity } = root.getRootNode().host.closest("[class*=st-key-]").style;
    const counts = [...new Set([...S.parts.filters.querySelectorAll("small")].map((one) => one.textContent))].join();
    const isAny = S.shown.some((of) => of.length), isIt = S.imageUrl === detail.url;
    window.atFirst = [isIt, isAny, counts, opacity, root.dataset.messages];
})"""


def test_another_picture_is_there_before_what_is_found_on_it(app: str, page: Page, settled: Settled) -> None:
    page.goto(url(app, "detections"))
    settled(page)
    canvas = page.locator(".box-canvas")
    shows = "(root) => root.__state.shown.some((of) => of.length)"
    assert canvas.evaluate(shows)
    canvas.evaluate(AT_FIRST)
    page.keyboard.press("]")
    page.wait_for_function("window.atFirst")
    settled(page)
    assert page.evaluate("window.atFirst") == [True, False, "…", "1", "1"]
    assert canvas.get_attribute("data-messages") == "2"
    assert canvas.evaluate(shows)
    assert "opacity" not in (page.locator(".st-key-detections_canvas").get_attribute("style") or "")


def test_a_script_is_fetched_once_and_is_in_no_message(app: str, page: Page, settled: Settled) -> None:
    received: list[str | bytes] = []
    fetched: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(frame)))
    page.on("response", lambda answer: fetched.append(answer.url) if "/module/" in answer.url else None)
    page.goto(url(app, "proposals"))
    settled(page)
    page.keyboard.press("]")
    page.wait_for_function("location.search.includes('football')")
    settled(page)
    assert len(fetched) == len(set(fetched))
    assert any("function mount(" in page.request.get(one).text() for one in fetched)
    as_bytes = [one.encode() if isinstance(one, str) else one for one in received]
    assert sum(b"frcnn_viz_box_canvas" in one for one in as_bytes) > 1
    assert not any(b"function mount(" in one for one in as_bytes)
    lost = page.request.get(f"{app}/module/{'0' * 64}.js")
    assert (lost.status, lost.text()) == (404, "There is no such script any more; reload the page.\n")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 900), (853, 480), (390, 844)])
def test_the_picture_comes_first(width: int, height: int, app: str, browser: Browser, settled: Settled) -> None:
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        for name in WITH_CANVAS:
            if name == "overview" or width < 768:  # where the menu is folded into the sidebar
                page.goto(url(app, name))
            else:
                open_by_menu(page, name)
            settled(page)
            box = page.locator(CANVAS).first.bounding_box()
            assert box, name
            seen = max(0, min(box["y"] + box["height"], height) - box["y"]) / box["height"]
            if width >= 1280:
                assert box["width"] >= 620, name
                assert box["height"] >= 440, name
                assert seen == 1, name
                page.wait_for_function(FITS, timeout=5_000)
            elif width == 853:
                assert seen > 0.5, (name, box)
            else:
                assert box["y"] < height, (name, box)
            assert not page.get_by_test_id("stMain").evaluate("main => main.scrollWidth > main.clientWidth"), name
            if name in STORY:
                strip = page.locator(".strip")
                for part in (strip.get_by_text("Back"), strip.get_by_text("Next"), strip.locator("[aria-current]")):
                    box = part.bounding_box()
                    assert box, name
                    assert box["x"] >= 0, name
                    assert box["x"] + box["width"] <= width, name
            hidden = "all => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText)"
            assert page.locator(".stMain [role=radiogroup]").evaluate_all(hidden) == [], name


def test_back_goes_through_the_pages_and_brings_back_what_was_seen(app: str, page: Page, settled: Settled) -> None:
    page.goto(url(app, "overview"))
    settled(page)
    seen = []
    for name in ("proposals", "detections", "rois"):
        open_by_menu(page, name)
        settled(page)
        slider = page.get_by_role("slider").first
        for _ in range(3):
            slider.press("ArrowLeft")
            settled(page)
        seen.append(page.url)
    for name, link in (("Detections", seen[1]), ("Proposals", seen[0]), ("Overview", None)):
        page.go_back()
        expect(page.locator("h1")).to_have_text(name)
        settled(page)
        assert link is None or page.url == link
    page.go_forward()
    expect(page.locator("h1")).to_have_text("Proposals")
    settled(page)
    assert page.url == seen[0]


SEEN = """() => [...document.querySelectorAll('[data-testid=stMain]')].map((main) => main.innerText)
    .concat([...document.querySelectorAll('.stMain .canvas-host, .stMain .canvas-panel')].map((e) => e.innerText))"""
PIXELS = """canvases => canvases.map((canvas) => canvas.toDataURL())"""


@pytest.mark.parametrize(
    ("path", "chip"),
    [
        ("proposals?proposals.arrows=1", "suppressed by NMS"),
        ("detections?detection=7", "ground truth"),
        ("training?training.tab=losses&training.batch=rois", "ground truth"),
        ("court?court.stage=rpn&look=n%3D3", "kept before"),
    ],
)
def test_a_link_opened_afresh_shows_the_same_pixels(
    path: str, chip: str, app: str, browser: Browser, settled: Settled
) -> None:
    def shown(page: Page) -> tuple[list[str], list[str]]:
        settled(page)
        expect(page.locator(".box-canvas[data-messages]").first).to_be_visible()
        page.wait_for_timeout(500)
        return page.evaluate(SEEN), page.locator(".box-canvas canvas").evaluate_all(PIXELS)

    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{app}/{path}")
        before = shown(page)
        box = page.locator(CANVAS).first.bounding_box()
        assert box
        page.mouse.move(box["x"] + 200, box["y"] + 150)
        page.mouse.wheel(0, -500)
        page.get_by_role("button", name=re.compile(chip)).first.click()
        page.mouse.move(0, 0)
        expect(page).to_have_url(re.compile("look="))
        first, link = shown(page), page.url
        assert first != before
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(link)
        assert shown(page) == first
        assert page.url == link


def test_keys_step_through_stages_pictures_and_detections(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/input")
    settled(page)
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    entries = page.evaluate("history.length")
    left = page.locator(".box-canvas").evaluate_handle("(root) => root.__state")
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("Features")
    settled(page)
    page.wait_for_function("(S) => S.gone", arg=left)  # the canvas of the page that was left hears nothing more
    assert page.evaluate("history.length") == entries + 1
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("stage.level=1"))
    settled(page)
    page.keyboard.press("]")
    expect(page).not_to_have_url(re.compile("image=first-street"))
    settled(page)
    page.keyboard.press("b")
    expect(page.locator("h1")).to_have_text("Input")
    settled(page)
    page.keyboard.press("f")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.locator("h1")).to_have_css("font-size", "25px")
    inspector = page.locator(".st-key-workbench [data-testid=stColumn]").last
    expect(inspector).to_be_hidden()
    page.keyboard.press("c")
    expect(inspector).to_have_css("width", "380px")
    page.keyboard.press("f")
    expect(inspector).to_have_css("width", "300px")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page.locator("h1")).to_have_css("font-size", "20px")
    page.keyboard.press("?")
    expect(page.get_by_text("next stage of the story")).to_be_visible()


@pytest.mark.parametrize("wait_ms", [0, 20, 40, 80])
def test_a_key_pressed_before_the_answer_undoes_nothing(wait_ms: int, app: str, page: Page, settled: Settled) -> None:
    sliders = page.get_by_test_id("stSliderThumbValue")
    page.goto(f"{app}/training?rpn_fg_iou_thresh=0.5&rpn_bg_iou_thresh=0.2")
    settled(page)
    page.get_by_role("button", name="Reset settings").click()
    page.wait_for_timeout(wait_ms)
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("stage.level=1"))
    settled(page)
    assert sliders.all_inner_texts()[:2] == ["0.70", "0.30"]
    assert "thresh" not in page.url

    page.goto(f"{app}/anchors")
    settled(page)
    open_tab(page, "shapes")
    for _ in range(2):
        page.wait_for_timeout(wait_ms)
        page.keyboard.press("k")
    settled(page)
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile("detection="))
    settled(page)
    assert sliders.all_inner_texts()[:5] == ["12", "24", "48", "96", "176"]
    assert "anchor_sizes" not in page.url


def test_a_thumbnail_that_is_pressed_keeps_the_focus(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/input")
    settled(page)
    tiles = page.locator(".gallery .tile")
    key = tiles.nth(2).get_attribute("data-key")
    tiles.nth(2).press("Enter")
    expect(page).to_have_url(re.compile(f"image={key}"))
    settled(page)
    expect(page.locator(f".gallery [data-key={key}][aria-pressed=true]")).to_be_focused()


@pytest.mark.parametrize(
    ("old", "title", "tab"), [("losses", "Sampling and losses", "Losses"), ("draw", "Images", "Draw")]
)
def test_old_links_open_the_right_tab(old: str, title: str, tab: str, app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/{old}?image=crowd")
    expect(page.locator("h1")).to_have_text(title)
    settled(page)
    opened = page.locator(".st-key-heading").get_by_role("radio", name=tab, exact=True)
    expect(opened).to_be_checked()
    expect(opened).to_have_attribute("title", word(f"tab.{old}").plain_hover)
    expect(page).to_have_url(re.compile("image=crowd"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_buttons_charts_and_captions_can_be_read(theme: str, app: str, browser: Browser, settled: Settled) -> None:
    with browser.new_context(color_scheme=theme) as context:
        page = context.new_page()
        page.goto(f"{app}/experiments?experiments.tab=fails")
        settled(page)
        expect(page.locator(".ytick text").first).to_be_visible()
        expect(page.get_by_test_id("stBaseButton-primary").first).to_be_visible()
        assert hard_to_read(page) == []
