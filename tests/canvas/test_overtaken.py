"""A component's end, which Streamlit also calls where data were overtaken by newer ones: what it shows then stays."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page
from torchvision.models.detection import FasterRCNN

from frcnn_viz import canvas, ui
from frcnn_viz.analysis.anchor_fit import fit_anchors
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.ui import anchor_dials
from tests.canvas.host import BYTES, picture_url
from tests.canvas.test_anchor_fit import Draw, random_objects
from tests.canvas.test_hold import TURN

UI = Path(ui.__file__).parent
PLACE = """([name, markup]) => {
    document.body.insertAdjacentHTML("beforeend", "<div class='st-key-a_canvas'><div></div></div>");
    const place = document.body.lastChild.firstChild;
    place.attachShadow({ mode: "open" }).innerHTML = markup;
    (window.held ??= {})[name] = place;
}"""


def scene() -> bytes:
    boxes = torch.tensor([[20.0, 30.0, 300.0, 200.0]])
    layer = BoxLayer("box", boxes, [("box", "#D55E00")], scores=torch.tensor([0.9]))
    return CanvasScene(picture_url(640, 480), 640, 480, [layer]).pack()


def dials(model: FasterRCNN) -> bytes:
    settings = Settings.of(model)
    objects = random_objects(Draw(1), 20, len(settings.anchor_sizes), whole=False)
    before = fit_anchors(objects, settings.anchor_sizes, settings.aspect_ratios)
    return anchor_dials.pack(objects, before, settings, answered="")


TURNED = "[...held.dials.shadowRoot.querySelectorAll('input')][0].value"
WORKS = {
    "canvas": "held.canvas.shadowRoot.querySelector('.box-canvas') === window.first",
    "panel": "!!held.panel.shadowRoot.querySelector('.bar')",
    "dials": f"{TURNED} === window.turned",
}
ENDED = {
    "canvas": "window.first.__state.gone",
    "panel": "held.canvas.shadowRoot.contains(window.first.__state.parts.bar)",
    "dials": "held.dials.shadowRoot.querySelector('.anchor-dials').dials === null",
}


@pytest.mark.parametrize("name", WORKS)
def test_it_stays_while_its_place_is_there(name: str, page: Page, tiny_fpn: FasterRCNN) -> None:
    scripts = {
        "canvas": canvas.module() + (UI / "box_canvas.js").read_text(),
        "panel": (UI / "canvas_panel.js").read_text(),
        "dials": anchor_dials.script(),
    }
    classes = {"canvas": "canvas-host", "panel": "canvas-panel", "dials": "anchor-dials"}
    for one, script in scripts.items():
        page.evaluate(
            """async ([name, script]) => {
                const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
                (window.shows ??= {})[name] = (await import(url)).default;
            }""",
            [one, script],
        )
    page.add_script_tag(content=BYTES)
    for one, of in classes.items():
        page.evaluate(PLACE, [one, f"<div class='{of}'></div>"])
    texts = {"canvas": scene(), "dials": dials(tiny_fpn)}
    data = {one: base64.b64encode(content).decode() for one, content in texts.items()}

    def show(one: str) -> None:
        """As Streamlit has a component show what it is sent; its end is kept."""
        page.evaluate(
            """([name, text]) => {
                const data = text ? bytes(text) : { key: "a_canvas" }, parentElement = held[name].shadowRoot;
                (window.ends ??= {})[name] = shows[name]({ parentElement, data, setTriggerValue() {} });
            }""",
            [one, data.get(one)],
        )

    for one in classes:
        show(one)
    page.wait_for_function("window.first = held.canvas.shadowRoot.querySelector('.box-canvas[data-messages]')")
    page.locator(".anchor-dials input").first.evaluate(TURN, 100)
    page.evaluate(f"window.turned = {TURNED}")
    for _ in range(2):
        assert page.evaluate(WORKS[name])
        page.evaluate("(name) => ends[name]()", name)
        assert page.evaluate(WORKS[name])
        show(name)
    page.evaluate("(name) => { held[name].parentElement.remove(); ends[name](); }", name)
    assert page.evaluate(ENDED[name])
