"""A hand on the canvas's tools: places of the image under the mouse, whatever the zoom."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import Page, expect


class Editor:
    def __init__(self, page: Page, settled: Callable[[Page], None]) -> None:
        self.page, self._settled = page, settled
        self.root = page.locator(".box-canvas[data-tools]")
        self.bar = page.locator(".bar:has(.tools:not([hidden]))")  # within the canvas, or in its panel
        self.canvas = self.root.locator("canvas.picture")
        settled(page)
        expect(page.locator(".box-canvas[data-tools][data-messages]")).to_be_visible()

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where an image point is on the screen, at any zoom."""
        view = self.root.evaluate("root => root.__state.view")
        box = self.canvas.bounding_box()
        assert box
        return box["x"] + view["x"] + x * view["scale"], box["y"] + view["y"] + y * view["scale"]

    def drag(self, start: tuple[float, float], end: tuple[float, float], shift: bool = False) -> None:
        mouse, (x0, y0), (x1, y1) = self.page.mouse, self.place(*start), self.place(*end)
        if shift:
            self.page.keyboard.down("Shift")
        mouse.move(x0, y0)
        mouse.down()
        mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
        mouse.move(x1, y1)
        mouse.up()
        if shift:
            self.page.keyboard.up("Shift")

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.place(x, y))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.canvas.press(key)

    def boxes(self) -> list[list]:
        """What Python has, once it has all that was sent."""
        sent = self.root.get_attribute("data-sent") or ""
        expect(self.page.locator("pre.ack")).to_have_text(sent, timeout=10_000)
        return json.loads(self.page.locator("pre.kept").inner_text())

    def classes(self) -> list[str]:
        self.boxes()
        return json.loads(self.page.locator("pre.classes").inner_text())
