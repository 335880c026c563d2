"""What the reader set on the canvas, as a text: the same text shows the same pixels."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch
from playwright.sync_api import Browser, Page
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Overlay
from tests.browser.pages import VIEWPORT
from tests.canvas.host import Host, picture_url

URL = picture_url(641, 480)
LEGEND = [("kept", "#009E73"), ("suppressed", "#E69F00"), ("over the limit", "#CC79A7")]


def boxes(count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 2, generator=generator) * torch.tensor([560.0, 400.0])
    return torch.cat([corners, corners + 10 + 60 * torch.rand(count, 2, generator=generator)], dim=1)


def scene(look: tuple[str, int] | None = None) -> CanvasScene:
    many = boxes(300, 0)
    layers = [
        BoxLayer(
            "candidate, decoded",
            many,
            LEGEND,
            groups=torch.arange(300) % 3,
            scores=torch.linspace(0, 1, 300),
            tails=many[:, :2],
            hidden_groups=(1,),
        ),
        BoxLayer("its größe", boxes(4, 1), [("its größe", "#D55E00")], width=3.0, labels=list("abcd")),
        BoxLayer("truth", boxes(3, 2), [("truth", "#F0E442")], visible=False),
    ]
    overlay = Overlay(picture_url(20, 15), (0, 0, 641, 480), 0.5, "map")
    return CanvasScene(URL, 641, 480, layers, overlay=overlay, score_from=0.1, look=look)


def fresh(browser: Browser, look: tuple[str, int] | None) -> tuple[list[str], str]:
    """Pixels and look of a canvas in a browser that has seen nothing yet."""
    with browser.new_context(viewport=VIEWPORT) as context:
        host = Host(context.new_page(), scene(look))
        return host.pixels(), host.state("lookText(S)")


def meddle(host: Host, chance: random.Random) -> None:
    """One thing a reader does."""
    x, y = host.place(chance.uniform(0, 640), chance.uniform(0, 480))
    box = host.canvas.bounding_box()
    x, y = (min(max(v, low + 1), low + size - 60) for v, low, size in ((x, box["x"], box["width"]), (y, 0, 500)))
    deed = chance.choice(["slider", "chip", "wheel", "drag", "key"])
    if deed == "slider":
        slider = chance.choice(host.page.get_by_role("slider").all())
        slider.evaluate("(s, v) => { s.value = v; s.dispatchEvent(new Event('input')); }", chance.random())
    elif deed == "chip":
        chance.choice(host.page.locator(".filters .chip").all()).click()
    elif deed == "wheel":
        host.page.mouse.move(x, y)
        host.page.mouse.wheel(0, chance.choice([-700, -230, -61, 170]))
    elif deed == "drag":
        host.page.mouse.move(x, y)
        host.page.mouse.down()
        host.page.mouse.move(x + chance.uniform(-50, 50), y + chance.uniform(-50, 50))
        host.page.mouse.up()
    else:
        host.canvas.press(chance.choice(["+", "-", "ArrowLeft", "ArrowDown", "0"]))


@pytest.mark.parametrize("seed", range(6))
def test_a_look_brings_back_the_same_pixels(seed: int, page: Page, browser: Browser) -> None:
    host, chance = Host(page, scene()), random.Random(seed)
    for _ in range(8):
        meddle(host, chance)
    host.page.mouse.move(1, 1)
    host.drawn()
    page.wait_for_timeout(300)
    text = host.state("lookText(S)")
    assert text
    assert host.told("look")[-1] == text
    assert text.isascii()
    assert not set(text) & set(" /?#&%+\"'<>")
    assert fresh(browser, (text, 1)) == (host.pixels(), text)


def test_nothing_is_said_where_nothing_was_set(page: Page) -> None:
    host = Host(page, scene())
    page.wait_for_timeout(300)
    assert host.told("look") == []
    assert host.state("lookText(S)") == ""
    host.canvas.press("+")
    host.canvas.press("0")
    page.wait_for_timeout(300)
    assert host.told("look") == []


def test_every_part_is_written_as_told(page: Page) -> None:
    text = "z=2.5,320,200.5~s=0.3~t=0.5~o=0.4~a=0~off=its-grf6dfe~on=truth~h=candidate-decoded:0.2"
    host = Host(page, scene((text, 1)))
    assert host.state("lookText(S)") == text
    assert host.page.get_by_role("slider", name="score").input_value() == "0.3"
    assert host.page.get_by_role("button", name="kept").get_attribute("aria-pressed") == "false"
    page.wait_for_timeout(300)
    assert host.told("look") == []


def test_a_look_is_taken_once_an_epoch(page: Page) -> None:
    host = Host(page, scene(("s=0.3", 1)))
    host.canvas.press("+")
    host.update(scene(("s=0.3", 1)))
    assert host.state("lookText(S)") == "z=1.25,320.5,240~s=0.3"
    host.update(scene(("", 2)))
    assert host.state("lookText(S)") == ""
    host.update(replace(scene(), look=None))
    assert host.state("lookText(S)") == ""


@pytest.mark.parametrize(
    ("bad", "left"),
    [
        ("z=a,b,c~s=0.5", "s=0.5"),
        ("z=1e999,0,0", ""),
        ("z=2,0", ""),
        ("z=900,-5,1e9", "z=64,0,480"),
        ("s=2~t=-1~o=x~a=7", ""),
        ("constructor=1~__proto__=x~=~~h~off~=z", ""),
        ("h=candidate-decoded:9.-1.x.2", "h=candidate-decoded:2"),
        ("off=nothing.else~on=..", ""),
    ],
)
def test_what_cannot_be_read_is_left_out(bad: str, left: str, page: Page) -> None:
    assert Host(page, scene((bad, 1))).state("lookText(S)") == left
