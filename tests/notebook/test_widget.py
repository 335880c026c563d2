"""The canvas as a notebook's widget: mounted in Chromium by a page that plays the notebook."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, expect

from frcnn_viz import compare
from frcnn_viz.notebook.story import Story
from frcnn_viz.notebook.widget import CanvasWidget, module
from frcnn_viz.pipeline.results import Fate
from tests.canvas.host import Host

NOTEBOOK = """async ([source, texts]) => {
    const listeners = {}, el = document.querySelector("#output");
    // As Jupyter's kernel sends them: a view of a longer buffer, anywhere in it.
    const views = (texts) => texts.map((text) => {
        const bytes = Uint8Array.from("x" + atob(text), (c) => c.charCodeAt(0));
        return new DataView(bytes.buffer, 1);
    });
    const state = { messages: views(texts) };
    window.told = [];
    window.give = (texts) => { state.messages = views(texts); listeners["change:messages"](); };
    const model = {
        get: (name) => state[name], set: (name, value) => window.told.push([name, value]), save_changes: () => {},
        on: (name, listener) => { listeners[name] = listener; }, off: (name) => { delete listeners[name]; },
    };
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    window.stop = (await import(url)).default.render({ model, el });
}"""
DRAWN = """async (root) => {
    const S = root.__state;
    const busy = () => root.dataset.waiting || S.frame || S.resting || !S.image?.complete;
    while (busy()) await new Promise(requestAnimationFrame);
}"""
PIXELS = "(root) => [...root.querySelectorAll('canvas')].map((one) => one.toDataURL())"
PAGE = "<style>:root { --jp-ui-font-color1: rgb(1, 2, 3); }</style><canvas></canvas><div id=output></div>"


def texts(widget: CanvasWidget) -> list[str]:
    return [base64.b64encode(message).decode() for message in widget.messages]


def mounted(page: Page, widget: CanvasWidget) -> None:
    page.set_content(PAGE)
    page.evaluate(NOTEBOOK, [module(), texts(widget)])
    drawn(page)


def drawn(page: Page) -> None:
    for root in page.locator(".box-canvas").all():
        root.evaluate(DRAWN)


def last(page: Page) -> tuple[str, Any]:
    page.wait_for_function("window.told.length")
    name, value = page.evaluate("window.told.pop()")
    return name, value


def click(page: Page, x: float, y: float) -> None:
    """At a point of the image."""
    view, box = page.locator(".box-canvas").evaluate("(root) => root.__state.view"), canvas_box(page)
    page.mouse.click(box["x"] + view["x"] + x * view["scale"], box["y"] + view["y"] + y * view["scale"])


def canvas_box(page: Page) -> dict[str, float]:
    box = page.locator("canvas.picture").bounding_box()
    assert box
    return box


def test_it_draws_to_the_pixel_what_the_app_draws_and_leaves_the_page_alone(story: Story, page: Page) -> None:
    widget = story.show("proposals")
    mounted(page, widget)
    shown, width = page.locator(".box-canvas").evaluate(PIXELS), canvas_box(page)["width"]
    assert page.locator(".status").evaluate("(one) => getComputedStyle(one).color") == "rgb(1, 2, 3)"
    assert page.evaluate("getComputedStyle(document.querySelector('body > canvas')).position") == "static"
    page.evaluate("window.stop()")
    expect(page.locator(".box-canvas")).to_have_count(0)
    (scene,) = widget._view.scenes(None)
    assert Host(page, scene, int(width)).pixels() == shown


def test_a_click_comes_back_as_what_is_selected_and_shows_its_court(story: Story, page: Page) -> None:
    widget = story.show("proposals")
    mounted(page, widget)
    best = int(story.proposals.scores.argmax())
    x0, y0, x1, y1 = story.input.boxes_in_image(story.proposals.candidates[[best]])[0].tolist()
    page.locator(".box-canvas").evaluate("(root) => { root.__state.filters.topK = 1; root.__state.refilter(); }")
    click(page, (x0 + x1) / 2, (y0 + y1) / 2)
    name, value = last(page)
    setattr(widget, name, value)
    assert (widget.selected, widget.pick) == (("candidate", best), None)
    page.evaluate("(texts) => window.give(texts)", texts(widget))
    drawn(page)
    layers = page.locator(".box-canvas").evaluate("(root) => root.__state.scene.layers.map((layer) => layer.name)")
    assert layers[0] == "candidate"
    assert layers[-1] == "selected"


def test_a_slider_of_the_canvas_turns_the_setting(story: Story, page: Page) -> None:
    widget = story.show("proposals")
    mounted(page, widget)
    slider = page.locator("label", has_text="RPN NMS").locator("input")
    slider.press("ArrowLeft")
    name, value = last(page)
    setattr(widget, name, value)
    turned = story.settings.rpn_nms_thresh - 0.01
    assert widget.story.settings.rpn_nms_thresh == pytest.approx(turned)
    assert widget.story.features is story.features
    fresh = story.at(rpn_nms_thresh=widget.story.settings.rpn_nms_thresh)
    assert torch.equal(widget.story.proposals.fate, fresh.proposals.fate)
    page.evaluate("(texts) => window.give(texts)", texts(widget))
    drawn(page)
    kept = int((fresh.proposals.fate == Fate.KEPT).sum())
    counts = page.locator(".box-canvas").evaluate("(root) => root.__state.scene.layers[0].groupCounts")
    assert counts[0] == kept


def test_two_stories_are_turned_together(story: Story, page: Page) -> None:
    widget = compare(story, story.at(box_nms_thresh=0.1))
    mounted(page, widget)
    left, right = page.locator(".box-canvas").all()
    left.locator("button[data-zoom=in]").click()
    drawn(page)
    zooms = [one.evaluate("(root) => root.__state.view.zoom") for one in (left, right)]
    assert zooms[0] == zooms[1] > 1
    widths = [one.bounding_box()["width"] for one in (left, right)]
    assert widths[0] == pytest.approx(widths[1], abs=1)


@pytest.mark.parametrize(
    "pick",
    [
        {"panel": 0, "layer": "candidate", "id": 10**6},
        {"panel": 7, "layer": "candidate", "id": 0},
        {"panel": 0, "layer": "nothing", "id": 0},
        {"panel": 0, "layer": None, "id": None},
        {},
    ],
    ids=["no such box", "no such picture", "no such layer", "beside all boxes", "nothing"],
)
def test_what_is_not_there_is_not_selected(pick: dict[str, Any], story: Story) -> None:
    widget = story.show("proposals")
    widget.selected = ("candidate", 0)
    widget.pick = pick
    assert (widget.selected, widget.pick) == (None, None)


@pytest.mark.parametrize("values", [{"rpn_nms_thresh": "x"}, {"min_size": 3}, {"rpn_nms_thresh": float("nan")}, 5])
def test_a_setting_that_is_not_offered_is_not_turned(values: Any, story: Story) -> None:
    widget = story.show("proposals")
    widget.dials = {"values": values, "serial": "a:1"}
    assert widget.story.settings == story.settings


def test_the_browsers_sliders_follow_the_notebooks_theme(story: Story, page: Page) -> None:
    mounted(page, story.show("overview"))
    cell = page.locator(".cell")
    expect(cell).to_have_css("color-scheme", "light")
    page.evaluate("document.documentElement.style.setProperty('--jp-ui-font-color1', 'oklch(0.9 0.02 250)')")
    expect(cell).to_have_css("color-scheme", "dark")
