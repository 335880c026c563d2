"""The host's next picture, which is there before what is found on it."""

from __future__ import annotations

from dataclasses import replace

import torch
from playwright.sync_api import Page

from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from tests.canvas.host import Host, picture_url

BOXES = torch.tensor([[20.0, 30.0, 300.0, 200.0], [100.0, 90.0, 400.0, 330.0]])
SCENE = CanvasScene(
    picture_url(641, 480),
    641,
    480,
    [BoxLayer("box", BOXES, [("box", "#D55E00")], kind="box", scores=torch.tensor([0.9, 0.8]))],
    points=torch.tensor([[50.0, 60.0]]),
    chosen=[("box", 1)],
    caption="harbour.jpg, street-fpn",
    follows=True,
)
NEXT = {"url": picture_url(300, 400), "width": 300, "height": 400}
INK = "[...S.on.layers.getImageData(0, 0, 2000, 2000).data].some((v) => v)"


def test_nothing_of_the_picture_before_is_shown_on_it(page: Page) -> None:
    host = Host(page, SCENE)
    page.mouse.move(*host.place(21, 100))
    host.canvas.focus()
    page.keyboard.press("Tab")
    assert host.state(INK)
    assert host.state("S.focus !== null")
    assert page.evaluate("(picture) => mounted.expect(picture)", NEXT)
    host.drawn()
    assert not host.state(INK)
    assert host.state("[S.imageUrl, S.scene.width, S.scene.height]") == list(NEXT.values())
    assert host.state("[S.hover, S.focus, S.shown.map((of) => of.length)]") == [None, None, [0]]
    page.mouse.click(*host.place(21, 100))
    assert host.told("pick")[-1]["id"] is None
    assert host.canvas.get_attribute("aria-label").startswith("Picture: 0 boxes shown")
    host.update(replace(SCENE, url=NEXT["url"], width=300, height=400))
    assert host.state("S.shown.map((of) => of.length)") == [2]
    assert host.state(INK)


def test_back_at_the_picture_before_its_boxes_are_there_again(page: Page) -> None:
    host = Host(page, SCENE)
    pixels, name = host.pixels(), host.canvas.get_attribute("aria-label")
    for picture in (NEXT, {**NEXT, "url": picture_url(310, 400)}):
        assert page.evaluate("(picture) => mounted.expect(picture)", picture)
    assert not page.evaluate("(picture) => mounted.expect(picture)", {"url": SCENE.url, "width": 641, "height": 480})
    assert host.pixels() == pixels
    assert host.canvas.get_attribute("aria-label") == name


def test_it_is_not_shown_where_another_picture_belongs(page: Page) -> None:
    host = Host(page, replace(SCENE, follows=False))
    assert not page.evaluate("(picture) => mounted.expect(picture)", NEXT)
    host.update(SCENE)
    assert not page.evaluate("(picture) => mounted.expect(picture)", {**NEXT, "url": SCENE.url})
    assert host.state("S.shown.map((of) => of.length)") == [2]
