"""Opening a page of the app as a link does, and reading it as a visitor does."""

from __future__ import annotations

from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from frcnn_viz.paths import ROOT


def open_page(name: str, **link: str) -> AppTest:
    """The page after its first run, which raised nothing."""
    test = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=120)
    test.query_params.update(link)
    test.run()
    assert not test.exception
    return test


def as_read(markdown: str) -> str:
    """The words that are seen where an element's Markdown is rendered."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    words = "".join(
        child.content or " " * ("break" in child.type) for token in tokens for child in token.children or []
    )
    return words.replace("\N{WORD JOINER}", "")
