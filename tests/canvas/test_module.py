"""The module's own reading and reckoning, in a real browser, beside torch's: decoding and filters."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, Route, expect
from torch import Tensor

from frcnn_viz import canvas
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.canvas.sieve import Dial, Sieve
from tests.canvas.host import BYTES, picture_url

THRESHOLDS = [0.0, 0.1, 0.25, 0.3, 1 / 3, 0.5, 0.6, 2 / 3, 0.7, 0.75, 1.0]
DECODE = """async (texts) => Promise.all(texts.map(async (text) => {
    const { layers, points } = await readArrays(readHeader(bytes(text)), new Map());
    const list = (values) => values && [...values];
    return { points: list(points), layers: layers.map((layer) => ({
        ...layer, boxes: list(layer.boxes), groups: list(layer.groups), ids: list(layer.ids), order: list(layer.order),
        scores: list(layer.scores), tails: list(layer.tails), columns: layer.columns.map(([n, v]) => [n, list(v)]),
        sieve: layer.sieve && { boxes: list(layer.sieve.boxes), levels: list(layer.sieve.levels) },
    })) };
}))"""
VISIBLE = """cases => cases.map(({ layer, filters }) => {
    filters.topK ??= Infinity;
    layer.count = layer.groups.length;
    layer.scores &&= new Float32Array(layer.scores);
    layer.order = bestFirst(layer);
    return [...visibleBoxes(layer, filters)];
})"""


@pytest.fixture
def scripts(page: Page) -> Page:
    page.add_script_tag(content=canvas.script() + BYTES)
    return page


def boxes_of(generator: torch.Generator, count: int) -> Tensor:
    """[N, 4], anywhere."""
    corners = torch.rand(count, 2, generator=generator) * 200
    return torch.cat([corners, corners + 1 + torch.rand(count, 2, generator=generator) * 150], 1)


def integer(generator: torch.Generator, low: int, high: int) -> int:
    return int(torch.randint(low, high, (1,), generator=generator))


def random_layer(generator: torch.Generator, number: int) -> BoxLayer:
    count = integer(generator, 0, 40)
    boxes, scored = boxes_of(generator, count), number % 3 > 0
    scores = (
        torch.randint(0, 9, (count,), generator=generator) / 8 if number % 2 else torch.rand(count, generator=generator)
    )
    dial = Dial("rpn_min_size", "Least side", "", 0.0, 0.0, 9.0, 1.0)
    return BoxLayer(
        f"layer {number}",
        boxes,
        [(name, "#123456") for name in "abcd"],
        groups=torch.randint(0, 4, (count,), generator=generator),
        ids=torch.randint(0, 10**9, (count,), generator=generator),
        scores=scores if scored else None,
        tails=boxes[:, 1:3] if number % 5 == 0 else None,
        columns={"IoU": scores} if number % 4 == 0 else {},
        hidden_groups=tuple(range(number % 3)),
        sieve=Sieve(boxes / 3, torch.randint(0, 900, (count,), generator=generator), {"minSide": dial}, {})
        if scored
        else None,
    )


def test_more_groups_than_a_byte_tells_apart_are_decoded(scripts: Page) -> None:
    groups = torch.tensor([0, 255, 256, 1203])
    layer = BoxLayer("classes", torch.zeros(4, 4), [(str(n), "#123456") for n in range(1204)], groups=groups)
    scene = CanvasScene("x", 9, 9, [layer])
    (there,) = scripts.evaluate(DECODE, [base64.b64encode(scene.pack()).decode()])
    assert there["layers"][0]["groups"] == groups.tolist()


def flat(values: Tensor | None) -> list[float] | None:
    return None if values is None else values.flatten().tolist()


def best_first(layer: BoxLayer) -> list[int]:
    count = len(layer.boxes_in_image)
    return list(range(count)) if layer.scores is None else layer.scores.argsort(descending=True, stable=True).tolist()


def check(there: dict[str, Any], layer: BoxLayer) -> None:
    """What was decoded is the layer, to the bit."""
    assert there["boxes"] == flat(layer.boxes_in_image)
    assert there["groups"] == flat(layer.groups)
    assert there["ids"] == flat(layer.ids)
    assert there["scores"] == flat(layer.scores)
    assert there["tails"] == flat(layer.tails)
    assert there["columns"] == [[name, flat(values)] for name, values in layer.columns.items()]
    assert there["groupCounts"] == [int((layer.groups == group).sum()) for group in range(4)]
    assert there["order"] == best_first(layer)
    sieve = layer.sieve and {"boxes": flat(layer.sieve.boxes), "levels": flat(layer.sieve.levels)}
    assert there["sieve"] == sieve


def test_what_is_packed_is_decoded_to_the_bit(scripts: Page) -> None:
    generator = torch.Generator().manual_seed(0)
    layers = [random_layer(generator, number) for number in range(300)]
    scenes = [
        CanvasScene("x", 9, 9, layers[n : n + 3], points=layers[n].boxes_in_image[:, :2]) for n in range(0, 300, 3)
    ]
    found = scripts.evaluate(DECODE, [base64.b64encode(scene.pack()).decode() for scene in scenes])
    for scene, there in zip(scenes, found, strict=True):
        assert there["points"] == flat(scene.points)
        for layer, decoded in zip(scene.layers, there["layers"], strict=True):
            check(decoded, layer)


def test_arrays_that_go_by_url_are_the_same(page: Page) -> None:
    generator = torch.Generator().manual_seed(1)
    held: list[bytes] = []

    def url_of(content: bytes) -> str:
        held.append(content)
        return f"/array/{len(held) - 1}"

    def serve(route: Route) -> None:
        number = route.request.url.rsplit("/", 1)[1]
        route.fulfill(body=held[int(number)] if number else b"<!doctype html>", content_type="text/html")

    count = 3000
    boxes, scores = boxes_of(generator, count), torch.rand(count, generator=generator)
    groups, ids = torch.randint(0, 4, (count,), generator=generator), torch.arange(count)
    layer = BoxLayer("b", boxes, [(name, "#123456") for name in "abcd"], groups=groups, ids=ids, scores=scores)
    message = base64.b64encode(CanvasScene("x", 9, 9, [layer]).pack(url_of)).decode()
    page.route("http://127.0.0.1:9/**", serve)
    page.goto("http://127.0.0.1:9/")
    page.add_script_tag(content=canvas.script() + BYTES)
    (there,) = page.evaluate(DECODE, [message])
    assert len(held) == 3
    check(there["layers"][0], layer)


def test_the_boxes_shown_are_the_best_that_pass(scripts: Page) -> None:
    generator = torch.Generator().manual_seed(2)
    cases, expected = [], []
    for number in range(600):
        layer = random_layer(generator, number)
        filters: dict[str, Any] = {"score": integer(generator, 0, 9) / 8, "hidden": {}, "off": {}}
        if number % 2:
            filters["topK"] = integer(generator, 1, 20)
        if number % 5 < 3:
            filters["hidden"][layer.name] = [group for group in range(4) if integer(generator, 0, 2)]
        if number % 7 == 0:
            filters["off"][layer.name] = bool(number % 2)
        hidden = filters["hidden"].get(layer.name, layer.hidden_groups)
        scores = layer.scores if layer.scores is not None else torch.full((len(layer.groups),), 2.0)
        passing = (scores >= filters["score"]) & ~torch.isin(layer.groups, torch.tensor(hidden, dtype=torch.int64))
        best = [i for i in best_first(layer) if passing[i]]
        limit = filters.get("topK") if layer.scores is not None else None
        expected.append([] if filters["off"].get(layer.name) else best[:limit])
        packed = {
            "name": layer.name,
            "visible": True,
            "hiddenGroups": list(layer.hidden_groups),
            "legend": layer.legend,
        }
        cases.append(
            {"layer": {**packed, "groups": flat(layer.groups), "scores": flat(layer.scores)}, "filters": filters}
        )
    assert scripts.evaluate(VISIBLE, cases) == expected


def mount_with_arrays_by_url(page: Page, serve: Callable[[Route], object]) -> None:
    layer = BoxLayer("b", torch.zeros(3000, 4), [("b", "#123456")])
    scene = CanvasScene(picture_url(640, 480), 640, 480, [layer])
    page.route("http://127.0.0.1:9/array/**", serve)
    page.route("http://127.0.0.1:9/", lambda route: route.fulfill(body="<div id=host style='width: 600px'></div>"))
    page.goto("http://127.0.0.1:9/")
    page.add_style_tag(content=canvas.read("canvas.css"))
    page.add_script_tag(content=canvas.script() + BYTES)
    message = base64.b64encode(scene.pack(lambda content: f"/array/{len(content)}")).decode()
    page.evaluate("(text) => { mount(host, bytes(text), () => {}, document.body); }", message)  # the controls elsewhere


@pytest.mark.parametrize(
    "serve", [lambda route: route.fulfill(status=404), lambda route: route.abort()], ids=["gone", "no answer"]
)
def test_arrays_that_cannot_be_fetched_are_told(serve: Callable[[Route], object], page: Page) -> None:
    mount_with_arrays_by_url(page, serve)
    expect(page.locator(".status")).to_have_text("The boxes could not be fetched from the server; reload the page.")


def test_the_picture_has_its_place_before_the_arrays_come(page: Page) -> None:
    held: list[Route] = []
    mount_with_arrays_by_url(page, lambda route: held.append(route))
    before = page.locator(".stage").bounding_box()
    assert before["height"] == 450
    page.wait_for_timeout(100)
    for route in held:
        route.fulfill(body=bytes(int(route.request.url.rsplit("/", 1)[1])))
    page.locator(".box-canvas[data-messages]").wait_for()
    assert page.locator(".stage").bounding_box() == before
