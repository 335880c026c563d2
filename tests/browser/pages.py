"""One Chromium for all tests that need one, and pages in it with nothing remembered.

Playwright is imported by the first test that needs it: the others run without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VIEWPORT = {"width": 1440, "height": 900}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
OWN = ("http://127.0.0.1:", "blob:", "data:")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    from playwright.sync_api import sync_playwright

    path = chromium.find()
    assert path, chromium.MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with nothing remembered; the test fails if it asked anything of another machine."""
    asked: set[str] = set()
    with browser.new_context(viewport=VIEWPORT) as context:
        context.on("request", lambda request: asked.add(request.url))
        yield context.new_page()
    foreign = sorted(url for url in asked if not url.startswith(OWN))
    assert not foreign, f"asked of another machine: {foreign}"
