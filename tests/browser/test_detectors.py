"""All pages in a real browser on four very different detectors with random weights: no error, nothing empty."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
import torch
from playwright.sync_api import Page, expect

from frcnn_viz.models.street import street_c4
from frcnn_viz.paths import APP
from frcnn_viz.ui.frame.pages import PAGES
from tests.browser.conftest import open_by_menu
from tests.browser.test_app import WITHOUT_CANVAS, Settled, wait_for_paint

DETECTORS = (
    "resnet50-c4",
    "fasterrcnn_mobilenet_v3_large_320_fpn",
    "maskrcnn_resnet50_fpn",
    "keypointrcnn_resnet50_fpn",
)
SMALL = {
    "min_size": 128,
    "max_size": 224,
    "box_score_thresh": 0.0,
    "box_detections_per_img": 12,
    "rpn_post_nms_top_n": 20,
}
"""Random scores are all low: without this there would be no detection. Small pictures and few proposals are quick."""
SHOWN = (
    "[data-testid=stMain] :is(.box-canvas canvas, .js-plotly-plot, "
    "[data-testid=stDataFrame], [data-testid=stImage], [data-testid=stMetric], "
    ".gallery .tile, [data-testid=stFileUploader], [data-testid=stAlertContentInfo])"
)


@pytest.mark.parametrize("name", DETECTORS)
def test_every_page_shows_something(name: str, serve: Callable[[Path], str], page: Page, settled: Settled) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(
        f"{serve(APP, 'empty')}/?{urlencode({'model': name, 'weights': 'random', 'image': 'first-street', **SMALL})}"
    )
    settled(page)
    third = name.startswith(("mask", "keypoint"))
    for title in PAGES:
        if title == "teacher" or (title == "third_head" and not third):  # which are not offered
            continue
        open_by_menu(page, title)
        settled(page)
        expect(page.locator("[data-testid=stException], [data-testid=stDialog]")).to_have_count(0)
        expect(page.locator("[data-testid=stAlertContentError]")).to_have_count(0)
        if PAGES[title].stage:
            expect(page.locator(".st-key-heading").get_by_text("untrained").first).to_be_visible()
        expect(page.locator(SHOWN).locator("visible=true").first).to_be_visible()
        if title not in WITHOUT_CANVAS or title == "third_head":
            wait_for_paint(page)
    assert errors == []


def test_an_uploaded_checkpoint_is_opened_and_outlives_the_server(
    serve_workspace: Callable[[Path], tuple], page: Page, settled: Settled, tmp_path: Path
) -> None:
    torch.save(street_c4(3).state_dict(), tmp_path / "pets.pt")
    process, address = serve_workspace(tmp_path / "workspace")
    page.goto(f"{address}/model?model=street-c4&model.tab=detectors")
    settled(page)
    page.get_by_text("Your own checkpoint").click()
    page.locator("[data-testid=stMain] input[type=file]").first.set_input_files(tmp_path / "pets.pt")
    page.get_by_role("textbox", name="Class names, without the background").fill("cat\ndog")
    page.get_by_role("textbox", name="Class names, without the background").press("Control+Enter")
    settled(page)
    page.get_by_role("button", name="Open it", exact=True).click()
    expect(page.get_by_role("combobox", name="Detector")).to_have_value("Yours: pets.pt")
    settled(page)
    link = page.url.removeprefix(address)
    process.kill()
    process.wait()
    _, address = serve_workspace(tmp_path / "workspace")
    page.goto(address + link)
    settled(page)
    expect(page.get_by_role("combobox", name="Detector")).to_have_value("Yours: pets.pt")
    expect(page.locator("[data-testid=stMain]").get_by_text("with 2 classes")).to_be_visible()


def test_a_download_can_be_stopped_and_leaves_nothing(
    serve: Callable[..., str], page: Page, settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETCHING_HUB", str(tmp_path))
    page.goto(f"{serve(Path(__file__).parent / 'fetching_app.py')}/model?model.tab=detectors")
    settled(page)
    page.get_by_role("button", name="Fetch 40 MB").click()
    expect(page.get_by_text(re.compile(r"^[2-9] of 42 MB$"))).to_be_visible()
    assert len(list((tmp_path / "hub" / "checkpoints").glob("*.partial"))) == 1
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("of 42 MB"))).to_have_count(0)
    settled(page)
    assert list((tmp_path / "hub" / "checkpoints").iterdir()) == []
    expect(page.get_by_role("combobox", name="Detector", exact=True)).to_have_value("Street scenes, FPN")
