"""Files dropped on the page, by a hand that holds them over the window."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from frcnn_viz.paths import APP
from tests.browser.test_frame import FITS
from tests.data.videos import pictures, write_video

Settled = Callable[[Page], None]
DROP = """([content, name, type]) => {
    const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0)), files = new DataTransfer();
    files.items.add(new File([bytes], name, { type }));
    const place = document.querySelector('.st-key-detections_canvas');
    place.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def app(serve: Callable[[Path], str]) -> str:
    return serve(APP)


def test_the_browser_does_not_leave_the_app_for_a_file_that_is_dropped(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/input")
    settled(page)
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    assert page.evaluate("""() => ['dragover', 'drop'].map((what) => {
        const files = new DataTransfer();
        files.items.add(new File(['{}'], 'boxes.json', { type: 'application/json' }));
        return !window.dispatchEvent(new DragEvent(what, { dataTransfer: files, bubbles: true, cancelable: true }));
    })""") == [True, True]


def test_a_picture_dropped_on_the_page_is_looked_at(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/detections")
    settled(page)
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    picture = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(picture, "PNG")
    page.evaluate(DROP, [base64.b64encode(picture.getvalue()).decode(), "MyCamera_00001.png", "image/png"])
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("Yours: MyCamera_00001.png")
    settled(page)
    expect(page.locator("h1")).to_have_text("Detections")
    page.wait_for_function(FITS, timeout=5_000)  # a square one, as high as the window leaves room for
    name = page.get_by_role("button", name="MyCamera_00001", exact=True).locator(".title")
    expect(name).to_have_text("MyCa…00001")
    assert name.evaluate("title => title.scrollHeight <= title.clientHeight"), "it is seen to its end"


@pytest.mark.parametrize(("name", "type_"), [("dropped.mp4", "video/mp4"), ("dropped.avi", "")])
def test_a_video_dropped_on_the_page_becomes_a_clip(
    app: str, page: Page, settled: Settled, tmp_path: Path, name: str, type_: str
) -> None:
    page.goto(f"{app}/detections")
    settled(page)
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    content = write_video(tmp_path / name, pictures(4, 96, 128)).read_bytes()
    page.evaluate(DROP, [base64.b64encode(content).decode(), name, type_])
    expect(page.get_by_role("combobox", name="Picture")).to_have_value(f"Clip: {name}")
    settled(page)
    expect(page.get_by_text("Frame 0 of 0 to 3, at 0.00 s.")).to_be_visible()
    page.keyboard.press("]")
    expect(page.get_by_text("Frame 1 of 0 to 3, at 0.10 s.")).to_be_visible()
