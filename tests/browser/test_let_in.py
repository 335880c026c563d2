"""What comes from outside, in a real browser: names and links are text, and foreign hosts are turned away."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.paths import APP
from frcnn_viz.words import word
from tests.browser.conftest import open_by_menu, open_tab
from tests.cli.test_app import UPGRADE, status

CLASS = "![x](http://evil.example/c.png) <b>c</b> :red[x] $x$"
FILE = "![x](evil.png) <img src=q> :red[x] $x$ `b` **c** :material/home: :cat: -- .png"
MODEL = "![](http://evil.example/m.png)"
RENDERED = (
    "a[href*=evil], a[href^=javascript], img[src*=evil], img[src=q], .katex, .stMarkdownColoredText, "
    "[role=img][aria-label='home icon']"
)


def read(page: Page) -> str:
    """What a visitor reads on the page."""
    return page.locator("[data-testid=stApp]").inner_text().replace("\u2060", "")


def see_option(page: Page, box: str, option: str) -> None:
    """Open a select box and see an option of it; a rerun that comes in between closes it, and it is opened again."""
    for _ in range(5):
        page.get_by_role("combobox", name=box).click()
        with suppress(PlaywrightTimeout):
            page.get_by_role("option", name=option).wait_for(timeout=5_000)
            break
        page.keyboard.press("Escape")
    expect(page.get_by_role("option", name=option)).to_be_visible()
    expect(page.locator(RENDERED)).to_have_count(0)
    page.keyboard.press("Escape")


def test_names_and_links_are_read_as_they_are_written(
    serve_workspace: Callable[[Path], tuple], page: Page, settled: Callable[[Page], None], tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((160, 120), 40).convert("RGB").save(buffer, "PNG")
    workspace = Workspace(tmp_path / "workspace")
    workspace.add_classes([CLASS])
    key, _ = workspace.add(buffer.getvalue(), FILE, [Object((10, 10, 90, 60), CLASS)])
    _, address = serve_workspace(tmp_path / "workspace")
    page.goto(f"{address}/draw?{urlencode({'image': key, 'model': MODEL, 'min_size': MODEL})}")  # the page fixture
    settled(page)  # fails the test where anything of evil.example is asked for
    expect(page.get_by_role("combobox", name="Picture")).to_have_value(f"Yours: {FILE}")
    words = read(page)
    assert f"{FILE}: 1 objects" in words
    assert f"The link names the detector '{MODEL}'" in words
    assert f"min_size is '{MODEL}'" in words
    expect(page.locator(RENDERED)).to_have_count(0)
    see_option(page, "Picture", FILE)
    for title, tab in (("training", "sampling"), ("training", "losses"), ("images", "yours"), ("images", "check")):
        open_by_menu(page, title)
        open_tab(page, tab)
        settled(page)
        expect(page.locator(RENDERED)).to_have_count(0)
        if tab in ("losses", "check"):  # there also in a chart
            assert CLASS in read(page)
        if tab == "yours":
            see_option(page, word("filter.classes").term, CLASS)


@pytest.mark.parametrize(
    "path", ["/", "/health", "/_stcore/health", "/_stcore/host-config", "/media/x.png", "/thumbnail/x.jpg", "/draw"]
)
def test_nothing_is_given_to_a_foreign_host(path: str, serve: Callable[[Path], str]) -> None:
    port = urlsplit(serve(APP)).port
    assert status(port, path, f"localhost:{port}") in (200, 404)
    assert status(port, path, f"evil.example:{port}") == 400
    assert status(port, path, f"evil.example:{port}", UPGRADE) == 400


def test_no_foreign_host_gets_the_socket(serve: Callable[[Path], str]) -> None:
    port = urlsplit(serve(APP)).port
    assert status(port, "/_stcore/stream", f"localhost:{port}", UPGRADE) == 101
    assert status(port, "/_stcore/stream", f"evil.example:{port}", UPGRADE) == 400
