"""The canvas on a bare page, without Streamlit: what any host does with it."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image
from playwright.sync_api import Page

from frcnn_viz import canvas
from frcnn_viz.canvas.scene import CanvasScene

BYTES = "const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));"
DRAWN = """async () => {
    const root = document.querySelector('.box-canvas'), S = root.__state;
    while (root.dataset.waiting || S.frame || S.resting || !isLoaded(S.image)) await new Promise(requestAnimationFrame);
}"""


def picture_url(width: int, height: int) -> str:
    """A picture that is nowhere the same."""
    buffer = io.BytesIO()
    ramp = Image.linear_gradient("L").resize((width, height))
    Image.merge("RGB", [ramp, ramp.rotate(90), ramp.transpose(Image.Transpose.FLIP_TOP_BOTTOM)]).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


class Host:
    """One canvas, mounted in an element of a given width; `told` is what it emitted."""

    def __init__(self, page: Page, scene: CanvasScene, width: int = 800) -> None:
        self.page = page
        page.set_content(f"<style>{canvas.read('canvas.css')}</style><div id='host' style='width: {width}px'></div>")
        page.add_script_tag(content=canvas.script() + BYTES)
        page.evaluate(
            """(text) => {
                window.told = [];
                window.mounted = mount(host, bytes(text), (event, value) => window.told.push([event, value]));
            }""",
            _text(scene),
        )
        self.root, self.canvas = page.locator(".box-canvas"), page.locator("canvas.picture")
        self.drawn()

    def update(self, scene: CanvasScene) -> None:
        self.page.evaluate("(text) => { mounted.update(bytes(text)); }", _text(scene))
        self.drawn()

    def drawn(self) -> None:
        """Wait until nothing is left to be painted."""
        self.page.evaluate(DRAWN)

    def told(self, event: str) -> list[Any]:
        return self.page.evaluate("(event) => window.told.filter(([e]) => e === event).map(([, v]) => v)", event)

    def state(self, expression: str) -> Any:
        """Of the canvas's own state `S`."""
        return self.root.evaluate(f"(root) => {{ const S = root.__state; return {expression}; }}")

    def pixels(self) -> list[str]:
        """Both canvases, as PNG."""
        self.drawn()
        return self.page.evaluate("[...document.querySelectorAll('canvas')].map((one) => one.toDataURL())")

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where an image point is on the screen."""
        view, box = self.state("S.view"), self.canvas.bounding_box()
        assert box
        return box["x"] + view["x"] + x * view["scale"], box["y"] + view["y"] + y * view["scale"]


def _text(scene: CanvasScene) -> str:
    return base64.b64encode(scene.pack()).decode()
