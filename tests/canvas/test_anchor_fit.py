"""Anchors fitted to objects in the browser are those that are fitted on the server, to the bit."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page
from torch import Tensor
from torchvision.models.detection.anchor_utils import AnchorGenerator

from frcnn_viz import canvas
from frcnn_viz.analysis.anchor_fit import Fit, ObjectsOnGrids, fit_anchors
from frcnn_viz.analysis.anchor_report import changed
from frcnn_viz.figures.lab import objects_in_browser

FIT = """text => JSON.stringify(JSON.parse(text).map(({ objects, settings, threshold, bins }) => {
    const { boxes, kind, grids } = objects, levels = settings[0].sizes.length;
    const placed = readObjects(new Float32Array(boxes), kind, grids, levels), places = nearestPlaces(placed);
    const fits = settings.map(({ sizes, ratios }) => fitAnchors(placed, places, sizes, ratios));
    const plain = (fit) => Object.fromEntries(Object.entries(fit).map(([name, values]) => [name, [...values]]));
    const { iou } = fits[1];
    return {
        fits: fits.map(plain), recall: iou.length ? recallAt(iou, threshold) : null,
        histogram: [...iouHistogram(iou, bins)], changed: changedObjects(fits[0].iou, iou, threshold),
    };
}))"""
"""As text: Playwright takes long over lists of numbers."""
BASE = "cases => cases.map(([size, ratio]) => [...baseAnchors([[size]], [[ratio]])[0]])"


@pytest.fixture
def scripts(page: Page) -> Page:
    for name in ("nms.js", "anchor_fit.js"):
        page.add_script_tag(content=canvas.read(name))
    return page


class Draw:
    """Random numbers from a seed."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def whole(self, low: int, high: int, *shape: int) -> Tensor:
        return torch.randint(low, high, shape, generator=self.generator)

    def one(self, low: int, high: int) -> int:
        return int(self.whole(low, high, 1))

    def part(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self.generator)


def random_objects(draw: Draw, count: int, levels: int, whole: bool) -> ObjectsOnGrids:
    """Objects of three images on random grids; on whole pixels a centre often lies halfway between two places."""
    corners = draw.whole(0, 60, count, 2).float() if whole else draw.part(count, 2) * 200
    sides = draw.whole(1, 40, count, 2).float() if whole else draw.part(count, 2) * 150 + 0.5
    image = draw.whole(0, 3, count)
    strides, grids = 2 ** draw.whole(1, 6, 3, levels, 2), draw.whole(1, 20, 3, levels, 2)
    names, labels = tuple(map(str, range(levels))), np.array(["thing"] * count, dtype=object)
    return ObjectsOnGrids(torch.cat([corners, corners + sides], 1), labels, image, strides[image], grids[image], names)


def random_settings(draw: Draw, levels: int, whole: bool) -> dict[str, Any]:
    def some(values: Tensor) -> list[float]:
        return values.tolist()

    return {
        "sizes": [
            some(draw.whole(2, 60, draw.one(1, 3)).float() if whole else draw.part(draw.one(1, 3)) * 200 + 1)
            for _ in range(levels)
        ],
        "ratios": [
            some(2.0 ** draw.whole(-2, 3, draw.one(1, 3)) if whole else draw.part(draw.one(1, 3)) * 4 + 0.1)
            for _ in range(levels)
        ],
    }


def random_case(seed: int) -> dict[str, Any]:
    draw, whole = Draw(seed), bool(seed % 2)
    levels = draw.one(1, 5)
    return {
        "objects": random_objects(draw, draw.one(0, 30), levels, whole),
        "settings": [random_settings(draw, levels, whole) for _ in range(2)],
        "threshold": [0.25, 0.3, 1 / 3, 0.5, 0.6, 0.7, float(draw.part(1))][draw.one(0, 7)],
        "bins": draw.one(1, 60),
    }


def fit_of(case: dict[str, Any], number: int) -> Fit:
    return fit_anchors(case["objects"], *case["settings"][number].values())


def test_the_fit_its_figures_and_what_changed_are_the_servers(scripts: Page) -> None:
    cases = [random_case(seed) for seed in range(1200)]
    sent = [
        {**case, "objects": {name: v.flatten().tolist() for name, v in objects_in_browser(case["objects"]).items()}}
        for case in cases
    ]
    there = json.loads(scripts.evaluate(FIT, json.dumps(sent)))
    gained_or_lost = 0
    for case, found in zip(cases, there, strict=True):
        before, after = fits = [fit_of(case, number) for number in range(2)]
        for fit, shown in zip(fits, found["fits"], strict=True):
            assert shown["iou"] == fit.iou.tolist()
            assert shown["level"] == fit.level.tolist()
            assert shown["shape"] == fit.shape.tolist()
            assert shown["anchors"] == fit.anchors.flatten().tolist()
        if len(after.iou):
            assert found["recall"] == pytest.approx(after.recall(case["threshold"]), abs=1e-6)
        counts, _ = np.histogram(after.iou.numpy(), np.linspace(0, 1, case["bins"] + 1))
        assert found["histogram"] == counts.tolist()
        gained, lost = changed(before, after, case["threshold"])
        assert found["changed"] == {"gained": gained.tolist(), "lost": lost.tolist()}
        gained_or_lost += len(gained) + len(lost)
    assert gained_or_lost > 1000


def test_shapes_are_torchvisions_at_every_size_and_ratio_of_the_sliders(scripts: Page) -> None:
    pairs = [(size, round(5 * ratio) / 100) for size in range(2, 641, 3) for ratio in range(2, 161, 7)]
    maker = AnchorGenerator(((1,),), ((1.0,),))
    expected = [maker.generate_anchors([size], [ratio])[0].tolist() for size, ratio in pairs]
    assert scripts.evaluate(BASE, pairs) == expected


def test_an_iou_at_the_edge_of_a_bin_is_counted_as_numpy_counts_it(scripts: Page) -> None:
    for bins in (1, 3, 10, 40, 49, 50, 100):
        edges = np.float32(np.arange(bins + 1) / bins)
        values = np.clip([np.nextafter(edges, np.float32(-1)), edges, np.nextafter(edges, np.float32(2))], 0, 1)
        counts, _ = np.histogram(values, np.linspace(0, 1, bins + 1))
        shown = scripts.evaluate(f"(values) => [...iouHistogram(values, {bins})]", values.flatten().tolist())
        assert shown == counts.tolist()


def test_an_iou_at_the_threshold_reaches_it(scripts: Page) -> None:
    for threshold in (0.1, 0.3, 0.35, 0.6, 0.7, 0.9):
        at = torch.tensor(threshold)
        pair = torch.stack([at.nextafter(torch.tensor(0.0)), at])
        before, after = (Fit(iou, *[torch.zeros(2)] * 3) for iou in (pair, pair.flip(0)))
        gained, lost = changed(before, after, threshold)
        shown = scripts.evaluate(
            """([before, after, threshold]) => [
                recallAt(new Float32Array(after), threshold),
                changedObjects(new Float32Array(before), new Float32Array(after), threshold),
            ]""",
            [before.iou.tolist(), after.iou.tolist(), threshold],
        )
        assert shown == [after.recall(threshold), {"gained": gained.tolist(), "lost": lost.tolist()}]
        assert (after.recall(threshold), gained.tolist(), lost.tolist()) == (0.5, [0], [1])
