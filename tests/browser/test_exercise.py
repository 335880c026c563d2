"""One picture learnt by heart in a real browser: boxes drawn, learnt, and looked back at from the first step on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from frcnn_viz.models.runs import NEW_LAYER
from frcnn_viz.paths import APP
from frcnn_viz.words import word
from tests.browser.conftest import open_by_menu, open_tab
from tests.browser.mouse import Editor

Settled = Callable[[Page], None]
BOXES = {"nucleus": (40.0, 60.0, 130.0, 150.0), "plasma": (300.0, 200.0, 420.0, 330.0)}
"""On nothing in particular, so that nobody finds them who has not learnt them."""
OBJECTS = """root => {
    const layer = root.__state.scene.layers.find(({ name }) => name === 'object');
    return [...layer.groups].map((group, i) => [[...layer.boxes.slice(4 * i, 4 * i + 4)], layer.legend[group][0]]);
}"""


def act(page: Page, key: str) -> None:
    page.get_by_role("button", name=word(key).term, exact=True).click()


def scrub(page: Page, key: str, run: str, settled: Settled) -> int:
    """Move the frame's slider; the step that is in the link then."""
    before = page.url
    page.locator(".st-key-choose_step").get_by_role("slider").press(key)
    expect(page).not_to_have_url(before)
    settled(page)
    return int(re.search(rf"model=run%3A{run}%40(\d+)", page.url)[1])


def found(page: Page) -> list[tuple[list[float], bool]]:
    """What "Why missed" says of each object."""
    expect(page.locator(".box-canvas[data-messages] canvas.picture")).to_be_visible()
    name = word("verdict.found").term
    return [(box, verdict == name) for box, verdict in page.locator(".box-canvas").evaluate(OBJECTS)]


def test_drawn_boxes_are_missed_at_the_first_step_and_found_at_the_last(
    serve: Callable[[Path], str], page: Page, settled: Settled
) -> None:
    page.goto(f"{serve(APP)}/train?image=cells-014&model=street-fpn")
    settled(page)
    act(page, "overfit.clear")
    settled(page)
    editor = Editor(page, settled)
    for name, (x0, y0, x1, y1) in BOXES.items():
        editor.press("Escape")
        editor.bar.get_by_label("New class").fill(name)
        editor.bar.get_by_label("New class").press("Enter")
        editor.drag((x0, y0), (x1, y1))
    expect(page.get_by_text("2 boxes of 2 classes.")).to_be_visible()
    act(page, "overfit.train")
    expect(page.get_by_text("Both are found after")).to_be_visible(timeout=90_000)
    page.get_by_role("button", name=re.compile(r"Open step \d+ on Proposals")).click()
    expect(page.locator("h1")).to_have_text(word("page.proposals").term)
    settled(page)
    run, last = re.search(r"model=run%3A(.+?)%40(\d+)", page.url).groups()
    assert scrub(page, "Home", run, settled) == 0
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("A run from Street scenes, FPN, after 0 steps.")).to_be_visible()
    expect(sidebar.get_by_text(NEW_LAYER)).to_be_visible()
    expect(sidebar.get_by_text(word("view.exercise").sentence)).to_be_visible()
    expect(page.locator(".box-canvas[data-messages] canvas.picture")).to_be_visible()
    open_by_menu(page, "autopsy")
    settled(page)
    assert f"model=run%3A{run}%400&" in f"{page.url}&"
    assert found(page) == [(list(box), False) for box in BOXES.values()]
    expect(page.get_by_text("2 of 2 objects missed")).to_be_visible()
    assert scrub(page, "End", run, settled) == int(last)
    assert found(page) == [(list(box), True) for box in BOXES.values()]
    open_by_menu(page, "train")
    settled(page)
    expect(page.get_by_text("Both are found after")).to_be_visible()
    act(page, "overfit.again")
    expect(page.get_by_text("2 boxes of 2 classes.")).to_be_visible()
    open_tab(page, "runs")
    act(page, "runs.remove")
    expect(page.get_by_role("button", name=word("tab.learn").term)).to_be_visible()
