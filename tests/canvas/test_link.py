"""Canvases of one link are turned together, others not."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
import torch
from playwright.sync_api import Page

from frcnn_viz import canvas
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from tests.canvas.host import BYTES, picture_url

LAYERS = [
    BoxLayer(
        "found",
        torch.tensor([[10.0, 10.0, 90.0, 90.0], [200.0, 100.0, 300.0, 220.0]]),
        [("one", "#0072B2"), ("two", "#E69F00")],
        groups=torch.tensor([0, 1]),
        scores=torch.tensor([0.9, 0.4]),
    )
]
SCENE = CanvasScene(picture_url(640, 480), 640, 480, LAYERS, link="x")
MOUNT = """(texts) => {
    window.told = [];
    window.all = texts.map((text, n) => {
        const host = document.createElement("div");
        host.style.width = "400px";
        document.body.append(host);
        return mount(host, bytes(text), (event, value) => window.told.push([n, event, value]));
    });
}"""


class Canvases:
    def __init__(self, page: Page, *scenes: CanvasScene) -> None:
        self.page = page
        page.set_content(f"<style>{canvas.read('canvas.css')}</style>")
        page.add_script_tag(content=canvas.script() + BYTES)
        page.evaluate(MOUNT, [base64.b64encode(scene.pack()).decode() for scene in scenes])
        self.still()

    def still(self) -> None:
        """Nothing to come, nor to be told."""
        self.page.wait_for_function("!document.querySelector('[data-waiting]')")
        self.page.wait_for_timeout(300)

    def state(self, n: int, expression: str = "lookText(S)") -> Any:
        root = self.page.locator(".box-canvas").nth(n)
        return root.evaluate(f"(root) => {{ const S = root.__state; return {expression}; }}")

    def wheel(self, n: int, x: float, y: float) -> None:
        box = self.page.locator("canvas.picture").nth(n).bounding_box()
        assert box
        self.page.mouse.move(box["x"] + x, box["y"] + y)
        self.page.mouse.wheel(0, -500)
        self.still()


def test_zoom_and_filters_of_one_are_the_others(page: Page) -> None:
    both = Canvases(page, SCENE, replace(SCENE, controls=False))
    both.wheel(0, 100, 100)
    looks = [both.state(n) for n in (0, 1)]
    assert looks[0].startswith("z=2.1")
    assert looks[1] == looks[0]
    both.wheel(1, 300, 200)
    assert both.state(0) == both.state(1) != looks[0]
    page.get_by_role("button", name="two").click()
    both.still()
    assert both.state(1).endswith("~h=found:1")
    assert both.state(1, "S.shown[0].length") == 1
    page.locator("canvas.picture").nth(1).press("0")
    both.still()
    assert both.state(0) == both.state(1) == "h=found:1"
    pixels = [one.evaluate("(canvas) => canvas.toDataURL()") for one in page.locator("canvas.layers").all()]
    assert pixels[0] == pixels[1]


def test_only_the_one_that_was_turned_tells_its_host(page: Page) -> None:
    Canvases(page, SCENE, SCENE).wheel(1, 100, 100)
    assert {n for n, event, _ in page.evaluate("told") if event == "look"} == {1}


@pytest.mark.parametrize("other", ["", "y"])
def test_another_link_is_left_alone(other: str, page: Page) -> None:
    both = Canvases(page, replace(SCENE, link=other), SCENE)
    both.wheel(0, 100, 100)
    assert both.state(0)
    assert both.state(1) == ""


@pytest.mark.parametrize("zoomed", [True, False])
def test_pictures_of_other_sizes_show_the_same_part(zoomed: bool, page: Page) -> None:
    both = Canvases(page, SCENE, replace(SCENE, url=picture_url(321, 240), width=321, height=240))
    if zoomed:
        both.wheel(0, 100, 100)
    for key, n in (("ArrowRight", 0), ("ArrowDown", 1)):
        page.locator("canvas.picture").nth(n).press(key)
        both.still()
        zoom, x, y = both.state(0, "[S.view.zoom, S.view.cx, S.view.cy]")
        assert (zoom > 1) == zoomed
        expected = [zoom, x * 321 / 640, y / 2]
        assert both.state(1, "[S.view.zoom, S.view.cx, S.view.cy]") == pytest.approx(expected, abs=0.002)
    page.locator("canvas.picture").nth(1).press("0")
    both.still()
    assert [both.state(n) for n in (0, 1)] == ["", ""]


def test_without_controls_there_are_none_and_the_linked_ones_serve(page: Page) -> None:
    Canvases(page, SCENE, replace(SCENE, controls=False))
    assert page.get_by_role("slider").count() == 2
    assert page.get_by_role("button", name="two").count() == 1


def test_one_that_is_gone_follows_no_more(page: Page) -> None:
    both = Canvases(page, SCENE, SCENE)
    page.evaluate("window.gone = document.querySelector('.box-canvas').__state, all[0].unmount()")
    both.wheel(0, 100, 100)  # the one that is left
    assert both.state(0)
    assert page.evaluate("lookText(gone)") == ""
