"""Opening a page of the app as a link does."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from frcnn_viz.paths import ROOT


def open_page(name: str, **link: str) -> AppTest:
    """The page after its first run, which raised nothing."""
    test = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=120)
    test.query_params.update(link)
    test.run()
    assert not test.exception
    return test
