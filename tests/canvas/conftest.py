"""The canvas's own tests run in the browser of the browser tests."""

from tests.browser.conftest import browser, page  # noqa: F401
