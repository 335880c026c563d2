"""Fingers on the canvas: two zoom and pan, one scrolls the page until there is something to pan or to draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import torch
from playwright.sync_api import Browser, Page

from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Tools
from frcnn_viz.data.annotations import Object
from tests.canvas.host import Host, picture_url

PHONE = {"width": 390, "height": 844}
LAYER = BoxLayer("candidate", torch.tensor([[100.0, 100, 300, 300]]), [("kept", "#009E73")])
TOOLS = Tools([Object((10.0, 10.0, 60.0, 60.0), "cat")], ["cat"], ["#0072B2"], epoch="0")
Point = tuple[float, float]


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport=PHONE, has_touch=True) as context:
        yield context.new_page()


def mounted(page: Page, tools: Tools | None = None) -> Host:
    """On a page that is longer than the window."""
    host = Host(page, CanvasScene(picture_url(640, 480), 640, 480, [LAYER], tools=tools), width=370)
    page.add_style_tag(content="body { height: 3000px; }")
    return host


def touch(page: Page, *steps: Sequence[Point]) -> None:
    """Fingers go down at the first places, over the others, and up."""
    session = page.context.new_cdp_session(page)
    for n, places in enumerate(steps):
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove" if n else "touchStart", "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()
    page.wait_for_timeout(100)


def apart(host: Host, half: float, dx: float = 0) -> list[Point]:
    """Two fingers about the middle of the canvas."""
    box = host.canvas.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2
    return [(x - half, y), (x + half, y)]


@pytest.mark.parametrize("tools", [None, TOOLS], ids=["boxes", "tools"])
def test_two_fingers_zoom_and_pan(tools: Tools | None, phone: Page) -> None:
    host = mounted(phone, tools)
    touch(phone, *(apart(host, half, dx) for half, dx in ((30, 0), (45, 0), (60, 0), (60, 20), (60, 40))))
    zoom, scale, cx, cy = host.state("[S.view.zoom, S.view.scale, S.view.cx, S.view.cy]")
    assert zoom == pytest.approx(2, abs=0.01)
    assert [cx, cy] == pytest.approx([320 - 40 / scale, 240], abs=1)
    assert phone.evaluate("[scrollY, visualViewport.scale]") == [0, 1]
    assert host.told("pick") == host.told("edit") == []
    touch(phone, *(apart(host, half) for half in (60, 40, 20)))
    assert host.state("isFit(S.view, S.scene)")
    assert host.state("[S.drag, S.fingers.size]") == [None, 0]


def test_one_finger_pans_while_there_is_something_to_pan_and_scrolls_the_page_else(phone: Page) -> None:
    host = mounted(phone)
    (x, y), _ = apart(host, 0)
    swipe = [[(x, y - step)] for step in range(0, 100, 10)]
    host.canvas.press("+")
    host.drawn()
    scrolled, middle = phone.evaluate("scrollY"), host.state("S.view.cy")
    touch(phone, *swipe)
    assert phone.evaluate("scrollY") == scrolled
    assert host.state("S.view.cy") == pytest.approx(middle + 90 / host.state("S.view.scale"), abs=2)
    host.canvas.press("0")
    host.drawn()
    touch(phone, *swipe)
    assert phone.evaluate("scrollY") > scrolled + 50
    assert host.state("isFit(S.view, S.scene)")


def test_one_finger_draws_with_the_tools(phone: Page) -> None:
    host = mounted(phone, TOOLS)
    (x0, y0), (x1, y1) = host.place(200, 300), host.place(400, 100)
    touch(phone, *([(x0 + part * (x1 - x0), y0 + part * (y1 - y0))] for part in (0, 0.25, 0.5, 0.75, 1)))
    (edit,) = host.told("edit")
    assert edit["boxes"][1][:4] == pytest.approx([200, 100, 400, 300], abs=1)
    assert phone.evaluate("scrollY") == 0


def test_a_tap_picks(phone: Page) -> None:
    host = mounted(phone)
    touch(phone, [host.place(200, 200)])
    (pick,) = host.told("pick")
    assert (pick["layer"], pick["id"]) == ("candidate", 0)
