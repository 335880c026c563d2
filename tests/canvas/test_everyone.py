"""The canvas by keyboard, in words, without colours, and as a picture to keep."""

from __future__ import annotations

import io
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Tools
from frcnn_viz.data.annotations import Object
from tests.canvas.host import Host, picture_url

LEGEND = [("kept", "#009E73"), ("suppressed", "#E69F00")]


def scene(
    count: int = 4, caption: str = "Street, RPN NMS IoU 0.7", chosen: tuple[tuple[str, int], ...] = ()
) -> CanvasScene:
    """`count` boxes side by side; scores rise and fall, so that their order is not that of the places."""
    x = torch.arange(count) * 600.0 / count
    boxes = torch.stack([x, torch.full_like(x, 100), x + 30, torch.full_like(x, 160)], dim=1)
    scores = (torch.arange(count) * 3 % count + 1) / (count + 1)
    groups, ids = torch.arange(count) % 2, torch.arange(count) + 70
    made = BoxLayer("candidate", boxes, LEGEND, groups=groups, ids=ids, kind="candidate", scores=scores)
    return CanvasScene(picture_url(640, 480), 640, 480, [made], caption=caption, chosen=chosen)


def test_tab_goes_by_score_and_leaves_at_the_ends(page: Page) -> None:
    host = Host(page, scene())
    said = page.locator(".said")
    order = scene().layers[0].scores.argsort(descending=True).tolist()
    host.canvas.focus()
    for place, index in enumerate(order):
        page.keyboard.press("Tab")
        assert host.state("S.focus.index") == index
        expect(said).to_contain_text(f"candidate {70 + index}: {LEGEND[index % 2][0]}, score 0.")
        expect(said).to_contain_text(f"Box {place + 1} of 4.")
        expect(host.canvas).to_be_focused()
        expect(page.locator(".tip")).to_contain_text(f"candidate {70 + index}")
    page.keyboard.press("Shift+Tab")
    assert host.state("S.focus.index") == order[2]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Zoom in")).to_be_focused()
    assert host.state("S.focus") is None
    host.canvas.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert host.state("S.focus") is None


def test_enter_chooses_and_the_place_is_kept(page: Page) -> None:
    host = Host(page, scene())
    host.canvas.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    (pick,) = host.told("pick")
    index = host.state("S.focus.index")
    assert pick == {"x": 15 + 150 * index, "y": 130, "layer": "candidate", "id": 70 + index}
    expect(page.locator(".said")).to_contain_text("Chosen: candidate")
    host.update(scene())
    assert host.state("S.focus.index") == index
    host.update(scene(1))
    page.keyboard.press("Escape")
    expect(host.canvas).not_to_be_focused()
    assert host.state("S.focus") is None
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Zoom in")).to_be_focused()


def test_a_box_out_of_sight_is_brought_into_view(page: Page) -> None:
    host = Host(page, scene())
    for _ in range(8):
        host.canvas.press("+")
    for _ in range(4):
        page.keyboard.press("Tab")
        left, top, right, bottom = host.state("onScreen(S.view, boxOf(S.scene.layers[0], S.focus.index))")
        width, height = host.state("S.size")
        assert left >= 0
        assert top >= 0
        assert right <= width
        assert bottom <= height


def test_the_canvas_says_what_it_shows(page: Page) -> None:
    host = Host(page, scene())
    keys = "Tab goes through the boxes, Enter chooses, Escape leaves, plus and minus zoom, arrows pan, 0 fits."
    expect(host.canvas).to_have_accessible_name(f"Street, RPN NMS IoU 0.7: 4 boxes shown. {keys}")
    page.get_by_role("button", name="kept").click()
    expect(host.canvas).to_have_accessible_name(f"Street, RPN NMS IoU 0.7: 2 boxes shown. {keys}")
    host.update(scene(chosen=(("candidate", 71), ("candidate", 73), ("anchor", 72), ("candidate", 99))))
    told = re.compile(r"2 boxes shown\. Chosen: candidate 73: suppressed, score 0\.4000, x 450\.0 .* px\. Tab goes")
    expect(host.canvas).to_have_accessible_name(told)
    tree = host.root.aria_snapshot()
    names = [line.strip() for line in tree.splitlines() if "slider" in line or "button" in line]
    assert len(set(names)) == len(names) == 2 + 2 + 4


TAGS = """(() => {
    const taken = [], spots = [];
    const put = CanvasRenderingContext2D.prototype.fillText;
    const rect = CanvasRenderingContext2D.prototype.fillRect;
    let last;
    CanvasRenderingContext2D.prototype.fillRect = function (...at) { last = at; rect.apply(this, at); };
    CanvasRenderingContext2D.prototype.fillText = function (text, ...at) { spots.push([text, ...last]); };
    paintLayers(S);
    Object.assign(CanvasRenderingContext2D.prototype, { fillText: put, fillRect: rect });
    return spots;
})()"""


@pytest.mark.parametrize(("crowd", "least"), [(1.0, 25), (9.0, 8), (40.0, 3)])
def test_tags_never_lie_on_each_other(crowd: float, least: int, page: Page) -> None:
    generator = torch.Generator().manual_seed(int(crowd))
    corners = torch.rand(40, 2, generator=generator) * torch.tensor([600.0, 440.0]) / crowd
    boxes = torch.cat([corners, corners + 20 + 60 * torch.rand(40, 2, generator=generator)], dim=1)
    labels = [f"traffic light {number}" for number in range(40)]
    layer = BoxLayer("detection", boxes, LEGEND[:1], labels=labels, scores=torch.rand(40, generator=generator))
    host = Host(page, CanvasScene(picture_url(640, 480), 640, 480, [layer]))
    spots = host.state(TAGS)
    assert spots == host.state(TAGS), "the same each time"
    width, height = host.state("S.size")
    for _, x, y, w, h in spots:
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
    for (_, x0, y0, w0, h0), (_, x1, y1, w1, h1) in combinations(spots, 2):
        assert x0 + w0 <= x1 or x1 + w1 <= x0 or y0 + h0 <= y1 or y1 + h1 <= y0
    assert spots[0][0] == labels[int(layer.scores.argmax())], "the best has the first choice"
    assert len(spots) >= least


@pytest.mark.parametrize("count", [4, 2600])
def test_states_differ_without_colour(count: int, page: Page) -> None:
    one = "#808080"
    boxes = torch.tensor([[100.0, 100, 500, 300]]).expand(count, 4)
    groups = torch.arange(count) % 2
    layer = BoxLayer("c", boxes, [("kept", one), ("lost", one)], groups=groups, dashes={1: (5, 4)}, width=1.0)
    host = Host(page, CanvasScene(picture_url(640, 480), 640, 480, [layer]))

    def inked() -> int:
        host.drawn()
        return host.state(
            """S.on.layers.getImageData(0, 0, S.on.layers.canvas.width, S.on.layers.canvas.height)
                .data.filter((v, p) => p % 4 === 3 && v > 99).length"""
        )

    page.get_by_role("button", name="lost").click()
    solid = inked()
    page.get_by_role("button", name="lost").click()
    page.get_by_role("button", name="kept").click()
    assert 0.4 * solid < inked() < 0.75 * solid
    styles = page.locator(".filters .chip i").evaluate_all("all => all.map((one) => one.style.borderStyle)")
    assert styles == ["solid", "dashed"]


def test_what_is_seen_is_saved_with_legend_and_caption(page: Page, tmp_path: Path) -> None:
    host = Host(page, scene())
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as PNG").click()
    assert download.value.suggested_filename == "street-rpn-nms-iou-0-7.png"
    download.value.save_as(tmp_path / "seen.png")
    saved = np.asarray(Image.open(tmp_path / "seen.png").convert("RGB"))
    width, height = host.state("S.size")
    assert saved.shape == (height + 2 * 20 + 2 * 10, width, 3)
    stage = host.page.locator(".stage")
    page.mouse.move(1, 1)
    seen = np.asarray(Image.open(io.BytesIO(stage.screenshot())).convert("RGB"))
    inside = np.s_[8 : height - 8, 8 : width - 8]  # the stage's corners are round
    assert np.abs(seen[inside].astype(int) - saved[inside]).max() <= 2
    legend = saved[height:]
    for _, colour in LEGEND:
        rgb = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
        assert (np.abs(legend.astype(int) - rgb).max(axis=2) < 3).sum() > 20
    assert (legend.max(axis=2) < 100).sum() > 200  # its words


def test_with_tools_tab_leaves_and_keys_are_told(page: Page) -> None:
    tools = Tools([Object((10.0, 10.0, 60.0, 60.0), "cat")], ["cat"], ["#0072B2"], epoch="0")
    host = Host(page, CanvasScene(picture_url(640, 480), 640, 480, scene().layers, tools=tools))
    host.canvas.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Zoom in")).to_be_focused()
    expect(host.canvas).to_have_accessible_name(re.compile("^Picture: 5 boxes shown. Drag draws, click"))


def test_with_tools_a_drag_from_a_layers_box_draws_and_a_click_beside_unselects(page: Page) -> None:
    tools = Tools([], ["cat"], ["#0072B2"], epoch="0")
    host = Host(page, CanvasScene(picture_url(640, 480), 640, 480, scene().layers, tools=tools))
    page.mouse.move(*host.place(10, 120))
    page.mouse.down()
    page.mouse.move(*host.place(60, 170), steps=3)
    page.mouse.up()
    assert host.told("edit")[-1]["boxes"] == [[10, 120, 60, 170, "cat", [], ""]]
    assert host.state("S.tools.selected") == 0
    page.mouse.click(*host.place(300, 130))  # on a layer's box
    assert host.state("S.tools.selected") == -1
    assert host.told("pick") == []
    page.mouse.click(*host.place(40, 150))
    assert host.state("S.tools.selected") == 0


def test_what_is_done_with_the_tools_is_said(page: Page) -> None:
    tools = Tools([Object((10.0, 10.0, 60.0, 60.0), "cat")], ["cat"], ["#0072B2"], epoch="0")
    host, said = Host(page, CanvasScene(picture_url(640, 480), 640, 480, [], tools=tools)), page.locator(".said")
    for keys, words in (
        ("n", "1 box. Selected: cat, x 10 to 60, y 10 to 60, 50 x 50 px."),
        ("ArrowRight", "1 box. Selected: cat, x 11 to 61, y 10 to 60, 50 x 50 px."),
        ("Delete", "0 boxes. Drag to draw a box of class cat; click one to select it."),
        ("Control+z", "1 box. Selected: cat, x 11 to 61, y 10 to 60, 50 x 50 px."),
        ("Escape", "1 box. Drag to draw a box of class cat; click one to select it."),
    ):
        host.canvas.press(keys)
        expect(said).to_have_text(words)


def test_a_slider_says_its_value_as_it_is_shown(page: Page) -> None:
    Host(page, scene())
    slider = page.get_by_role("slider", name="top")
    slider.press("Home")
    assert slider.evaluate("(one) => [one.ariaValueText, one.nextSibling.textContent]") == ["1", "1"]
