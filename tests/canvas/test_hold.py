"""Sliders that act under the hand: when they are let go, and whose value stands then."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
import torch
from playwright.sync_api import Page
from torchvision.models.detection import FasterRCNN

from frcnn_viz.analysis.anchor_fit import fit_anchors
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.canvas.sieve import Dial, Sieve
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.ui.anchor_dials import pack, script
from tests.canvas.host import BYTES, Host, picture_url
from tests.canvas.test_anchor_fit import Draw, random_objects

ENDS = ["change", "pointerup", "pointercancel", "lostpointercapture", "blur"]
TURN = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }"
BOXES = torch.tensor([[0.0, 0, 100, 100], [5, 5, 105, 105], [300, 300, 400, 400]])


def scene(value: float = 0.5, answered: str = "") -> CanvasScene:
    dial = Dial("nms_thresh", "NMS IoU", "", value, 0, 1, 0.01)
    places = {name: n for n, name in enumerate(("kept", "suppressed", "over", "unlikely", "small"))}
    fixed = {"minScore": 0.0, "minSide": 0.0, "most": 100}
    sieve = Sieve(BOXES, torch.zeros(3), {"nmsIou": dial}, places, fixed=fixed)
    legend = [(name, "#009E73") for name in places]
    layer = BoxLayer("candidate", BOXES, legend, scores=torch.tensor([0.9, 0.8, 0.7]), sieve=sieve)
    return CanvasScene(picture_url(640, 480), 640, 480, [layer], answered=answered)


@pytest.mark.parametrize("end", ENDS)
def test_a_dial_is_let_go_once_however_it_ends(end: str, page: Page) -> None:
    host = Host(page, scene())
    dial = page.get_by_role("slider", name="NMS IoU")
    dial.evaluate(TURN, 0.8)
    host.update(scene(0.3, "another"))
    assert host.state("[S.dialHeld, S.scene.layers[0].sieve.dials.nmsIou.now]") == ["nms_thresh", 0.8]
    assert host.told("dials") == []
    for one in (end, *ENDS):
        dial.dispatch_event(one)
    (told,) = host.told("dials")
    assert told["values"] == {"nms_thresh": 0.8}
    host.update(scene(0.3, told["serial"]))  # the server does not take it
    assert host.state("[S.dialHeld, S.scene.layers[0].sieve.dials.nmsIou.now]") == [None, 0.3]


def test_a_slider_dragged_away_and_back_is_let_go(page: Page) -> None:
    host = Host(page, scene())
    box = page.get_by_role("slider", name="NMS IoU").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y)
    assert host.state("S.dialHeld") == "nms_thresh"
    page.mouse.move(x, y)
    page.mouse.up()
    assert host.state("S.dialHeld") is None
    assert host.told("dials")[-1]["values"] == {"nms_thresh": 0.5}


@pytest.mark.parametrize("end", ENDS)
def test_anchors_turned_stand_until_the_server_has_answered_whatever_it_says(
    end: str, page: Page, tiny_fpn: FasterRCNN
) -> None:
    settings = Settings.of(tiny_fpn)
    own = settings.anchor_sizes
    objects = random_objects(Draw(1), 20, len(own), whole=False)
    before = fit_anchors(objects, own, settings.aspect_ratios)

    def show(sizes: tuple[tuple[float, ...], ...], answered: str = "") -> float:
        """Another message; returns where the first slider is."""
        data = pack(objects, before, replace(settings, anchor_sizes=sizes), answered=answered)
        page.evaluate("(text) => { sendDials(bytes(text)); }", base64.b64encode(data).decode())
        return float(slider.input_value())

    page.set_content("<div id='host'><div class='anchor-dials'></div></div>")
    page.add_script_tag(content=script().replace("export default function", "function mountDials") + BYTES)
    page.evaluate(
        """() => {
            window.told = [];
            const setTriggerValue = (event, value) => window.told.push(value);
            window.sendDials = (data) => mountDials({ parentElement: host, data, setTriggerValue });
        }"""
    )
    slider = page.get_by_role("slider").first
    first, asked, third = own[0][0], own[0][0] + 8, own[0][0] + 16
    assert show(own) == first
    slider.evaluate(TURN, asked)
    assert show(own) == asked
    for one in (end, *ENDS):
        slider.dispatch_event(one)
    (told,) = page.evaluate("window.told")
    assert told["sizes"][0][0] == asked
    assert show(own) == asked, "the server has not answered yet"
    assert show(((third, *own[0][1:]), *own[1:]), told["serial"]) == third
    assert show(own, told["serial"]) == first, "and follows a reset"
