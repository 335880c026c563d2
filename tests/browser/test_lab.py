"""The anchor lab in a real browser: sizes act on the whole set while they are dragged, and the server agrees."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from frcnn_viz.analysis.anchor_fit import Fit, ObjectsOnGrids, fit_anchors
from frcnn_viz.analysis.anchor_report import changed
from frcnn_viz.models.registry import DEFAULT_DETECTOR, load_detector
from frcnn_viz.paths import APP
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.ui.objects import ObjectSet
from frcnn_viz.ui.subjects import of_samples

Settled = Callable[[Page], None]
DRAWN = """root => root.__state.scene.layers.map((layer) => ({
    boxes: [...layer.boxes], groups: [...layer.groups], labels: layer.labels,
    columns: layer.columns.map(([name, values]) => [name, [...values]]),
}))"""


@pytest.fixture
def app(serve: Callable[..., str]) -> str:
    return serve(APP)


def drag(page: Page, name: str, value: float) -> None:
    page.get_by_role("slider", name=name).evaluate(
        """(input, value) => new Promise((done) => {
            input.value = value;
            input.dispatchEvent(new Event("input"));
            requestAnimationFrame(() => requestAnimationFrame(done));
        })""",
        value,
    )


def numbers(page: Page) -> dict[str, Any]:
    """What the inspector says, and how tall the bars of its histogram are."""
    told = page.locator(".anchor-dials").evaluate(
        "root => Object.fromEntries([...root.querySelectorAll('dd')].map((dd) => [dd.dataset.number, dd.textContent]))"
    )
    counts = page.locator(".anchor-dials svg").get_attribute("data-counts")
    return {**told, "counts": [int(count) for count in (counts or "").split(",")]}


def sample_objects(settings: Settings) -> ObjectsOnGrids:
    """Those of all sample scenes, where the default detector sees them."""
    here: Any = SimpleNamespace(detector=load_detector(DEFAULT_DETECTOR))
    return ObjectSet.of(of_samples()).placed(here, settings.min_size, settings.max_size)


def expected(before: Fit, after: Fit, threshold: float) -> dict[str, Any]:
    """The same as `numbers`, worked out here."""
    both = lambda figure: " → ".join(f"{figure(fit):.3f}" for fit in (before, after))  # noqa: E731
    gained, lost = changed(before, after, threshold)
    return {
        "recall": both(lambda fit: fit.recall(threshold)),
        "mean_best": both(lambda fit: float(fit.iou.double().mean())),
        "gained": f"{len(gained):,}",
        "lost": f"{len(lost):,}",
        "count": f"{len(after.iou):,}",
        "counts": np.histogram(after.iou.numpy(), np.linspace(0, 1, 41))[0].tolist(),
    }


def test_sizes_act_on_the_whole_set_while_they_are_dragged(
    app: str, page: Page, settled: Settled, sent: list[object]
) -> None:
    page.goto(f"{app}/lab?image=tiny-birds&set=samples")
    settled(page)
    settings = Settings.of(load_detector(DEFAULT_DETECTOR).model)
    objects = sample_objects(settings)
    own, threshold = fit_anchors(objects, settings.anchor_sizes, settings.aspect_ratios), settings.rpn_fg_iou_thresh
    assert numbers(page) == expected(own, own, threshold)
    drawn, frames, sizes = page.locator(".box-canvas").evaluate(DRAWN), len(sent), list(settings.anchor_sizes)
    for level, size in (("0", 30), ("0", 6), ("1", 40)):
        drag(page, f"Anchor sizes, level {level}", size)
        sizes[int(level)] = (float(size),)
        fit = fit_anchors(objects, tuple(sizes), settings.aspect_ratios)
        assert numbers(page) == expected(own, fit, threshold)
    held, told = page.locator(".box-canvas").evaluate(DRAWN), numbers(page)
    assert held[1]["labels"] != drawn[1]["labels"]
    assert held[0]["boxes"] != drawn[0]["boxes"]
    assert held[1]["groups"] != drawn[1]["groups"]
    assert len(sent) == frames
    page.evaluate("window.addEventListener('frcnn-viz:patch', (event) => event.stopImmediatePropagation(), true)")
    page.get_by_role("slider", name="Anchor sizes, level 1").dispatch_event("change")  # from here on the server draws
    expect(page).to_have_url(re.compile(r"anchor_sizes=6(\.0)?(\||%7C)40"))
    settled(page)
    assert page.locator(".box-canvas").evaluate(DRAWN) == held
    assert numbers(page) == told
    page.get_by_role("button", name="Reset settings").click()
    expect(page.get_by_role("slider", name="Anchor sizes, level 0")).to_have_value("12")
    settled(page)
    assert page.locator(".box-canvas").evaluate(DRAWN) == drawn
    assert numbers(page) == expected(own, own, threshold)
