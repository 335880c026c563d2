"""Outlines written pixel by pixel are those of the boxes."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from playwright.sync_api import Page
from torch import Tensor

from frcnn_viz import canvas
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from tests.canvas.host import Host, picture_url

W, H = 40, 30
SHEETS = """cases => cases.map(({ boxes, groups, thick }) => {
    const S = { sheets: new Map(), size: [40, 30], view: { x: -3, y: 2, scale: 1.5 } }, sheet = sheetOf(S, 1);
    const layer = { boxes: new Float32Array(boxes), groups }, shown = Uint32Array.from(groups, (_, i) => i);
    sheet.words.fill(0);
    for (const g of [1, 0]) writeOutlines(sheet, layer, shown, g, S.view, 1, thick, 7 + g);
    const raster = [...sheet.words], most = countOutlines(sheet, layer.boxes, shown, S.view);
    return { raster, density: [...sheet.words], most };
})"""
COUNTED_ON = """([boxes, runs]) => {
    const S = { sheets: new Map(), size: [40, 30], view: { x: -3, y: 2, scale: 1.5 } }, own = new Float32Array(boxes);
    const pixels = (sheet, shown) => {
        countOutlines(sheet, own, Uint32Array.from(shown), S.view);
        return [...sheet.words];
    };
    const kept = sheetOf(S, 1);
    return runs.map((shown) => [pixels(kept, shown), (S.sheets.clear(), pixels(sheetOf(S, 1), shown))]);
}"""


def corner_pixels(box: list[float]) -> list[int]:
    return [math.floor(value * 1.5 + shift) for value, shift in zip(box, (-3, 2, -3, 2), strict=True)]


def outline(box: list[float], thick: int) -> Tensor:
    """Bool [H, W]: the pixels of the sides, as thick inwards."""
    x0, y0, x1, y1 = corner_pixels(box)
    ys, xs = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
    rows = ((ys >= y0) & (ys < y0 + thick)) | ((ys <= y1) & (ys > y1 - thick))
    columns = ((xs >= x0) & (xs < x0 + thick)) | ((xs <= x1) & (xs > x1 - thick))
    return (rows & (xs >= x0) & (xs <= x1)) | (columns & (ys >= y0) & (ys <= y1))


def passes(box: list[float]) -> Tensor:
    """[H, W]: how many sides pass through each pixel, each up to where the next begins."""
    x0, y0, x1, y1 = corner_pixels(box)
    count = torch.zeros(H, W)
    for y in (y0, y1):
        if 0 <= y < H:
            count[y, max(x0, 0) : max(x1, 0)] += 1
    for x in (x0, x1):
        if 0 <= x < W:
            count[max(y0, 0) : max(y1, 0), x] += 1
    return count


def test_raster_and_density_are_the_outlines(page: Page) -> None:
    page.add_script_tag(content=canvas.script())
    generator = torch.Generator().manual_seed(0)
    cases: list[dict[str, Any]] = []
    for number in range(150):
        corners = torch.rand(12, 2, generator=generator) * 40 - 8
        extent = 3 + torch.rand(12, 2, generator=generator) * 25
        groups = torch.randint(0, 2, (12,), generator=generator).tolist()
        boxes = (torch.cat([corners, corners + extent], 1) * 4).round() / 4  # exact in float32 at the view's scale
        cases.append({"boxes": boxes.flatten().tolist(), "groups": groups, "thick": 1 + number % 3})
    for case, there in zip(cases, page.evaluate(SHEETS, cases), strict=True):
        boxes, groups = [case["boxes"][i : i + 4] for i in range(0, 48, 4)], case["groups"]
        raster = torch.zeros(H, W)
        for group in (1, 0):  # the first on top
            for box in [box for box, of in zip(boxes, groups, strict=True) if of == group]:
                raster[outline(box, case["thick"])] = 7 + group
        count = torch.stack([passes(box) for box in boxes]).sum(dim=0)
        assert there["raster"] == raster.flatten().tolist()
        assert there["density"] == count.flatten().tolist()
        assert there["most"] == max(1, int(count.max()))


@pytest.mark.parametrize("count", [1500, 2500, 50_500])
def test_any_number_of_boxes_is_painted_in_its_colours(count: int, page: Page) -> None:
    generator = torch.Generator().manual_seed(0)
    corners = torch.rand(count, 2, generator=generator) * torch.tensor([560.0, 400.0])
    boxes = torch.cat([corners, corners + 40], 1)
    layer = BoxLayer("b", boxes, [("one", "#0072B2"), ("two", "#E69F00")], groups=torch.arange(count) % 2)
    host = Host(page, CanvasScene(picture_url(640, 480), 640, 480, [layer]))
    colours = host.state(
        """(() => {
            const { canvas } = S.on.layers, { data } = S.on.layers.getImageData(0, 0, canvas.width, canvas.height);
            const near = (p, rgb) => rgb.every((v, k) => Math.abs(data[p + k] - v) < 4) && data[p + 3] > 250;
            const seen = { blue: 0, orange: 0 };
            for (let p = 0; p < data.length; p += 4) {
                if (near(p, [0, 0x72, 0xb2])) seen.blue++;
                if (near(p, [0xe6, 0x9f, 0])) seen.orange++;
            }
            return seen;
        })()"""
    )
    assert colours["blue"] > (1000 if count < 50_000 else 0)
    assert (colours["orange"] > 1000) == (count < 50_000)


def test_what_is_counted_on_is_as_if_counted_anew(page: Page) -> None:
    page.add_script_tag(content=canvas.script())
    generator = torch.Generator().manual_seed(5)
    corners = torch.rand(60, 2, generator=generator) * 30 - 5
    boxes = torch.cat([corners, corners + 2 + 20 * torch.rand(60, 2, generator=generator)], dim=1)
    order = torch.randperm(60, generator=generator).tolist()
    runs = [order[:n] for n in torch.randint(0, 61, (40,), generator=generator).tolist()] + [order[5:], order[::2]]
    for kept, anew in page.evaluate(COUNTED_ON, [boxes.flatten().tolist(), runs]):
        assert kept == anew


@pytest.mark.parametrize("count", [30, 3000])
def test_points_and_arrows_are_painted_at_any_number(count: int, page: Page) -> None:
    generator = torch.Generator().manual_seed(6)
    points = (torch.rand(count, 2, generator=generator) * torch.tensor([600.0, 440.0])).round() + 10
    boxes = torch.cat([points, points + 20], dim=1)
    layer = BoxLayer("b", boxes, [("one", "#0072B2")], tails=points + 60)
    host = Host(page, CanvasScene(picture_url(640, 480), 640, 480, [layer], points=points))
    painted = """S.on.layers.getImageData(0, 0, S.on.layers.canvas.width, S.on.layers.canvas.height)
        .data.filter((v, p) => p % 4 === 3 && v > 0).length"""
    whole = host.state(painted)
    page.get_by_role("button", name="arrows").click()
    host.drawn()
    without = host.state(painted)
    page.get_by_role("button", name="one").click()
    host.drawn()
    points_alone = host.state(painted)
    assert whole > without > points_alone > 3 * count * 0.8
