"""Opening a page of the app as a link does, and reading it as a visitor does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from frcnn_viz.paths import FRAME, ROOT
from frcnn_viz.ui.frame.pages import PAGES
from frcnn_viz.ui.view import View

TIMES = r"[\d.,]+ ms"
EVERYWHERE = ("lineage", "export", "code")
"""Tabs that the frame gives to stages' pages."""


def tabs_of(page: str) -> list[str]:
    """A page's own tabs, as its file names them to `run_page`."""
    calls = [node for node in ast.walk(ast.parse((ROOT / "pages" / f"{page}.py").read_text())) if is_run(node)]
    return [key.value for key in calls[0].args[1].keys]


def is_run(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "run_page"


def places() -> list[str]:
    """Every tab of every page, as `open_page` takes it."""
    return [f"{page}/{tab}" for page in PAGES for tab in tabs_of(page)]


def open_page(name: str, **link: str) -> AppTest:
    """The page, or `page/tab` of it, after its first run, which raised nothing."""
    name, _, tab = name.partition("/")
    test = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=120)
    test.query_params.update({**link, f"{name}.tab": tab} if tab else link)
    test.run()
    assert not test.exception
    return test


def open_app(**link: str) -> AppTest:
    """The page of a link within the frame, after its first run."""
    test = AppTest.from_file(str(FRAME), default_timeout=120)
    test.query_params.update(link)
    return test.run()


def seen(test: AppTest) -> View:
    """What the visitor sees now."""
    return test.session_state["view"]


def as_read(markdown: str) -> str:
    """The words that are seen where an element's Markdown is rendered."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    words = "".join(
        child.content or " " * ("break" in child.type) for token in tokens for child in token.children or []
    )
    return words.replace("\N{WORD JOINER}", "")


def contents(test: AppTest) -> Iterator[str]:
    """All that the page shows, pictures and figures as their bytes and numbers; without times and file ids."""

    def visit(part: object) -> Iterator[str]:
        for child in part.children.values():
            if hasattr(child, "children"):
                yield from visit(child)
            elif child.type == "dataframe":
                yield re.sub(TIMES, "", child.value.drop(columns="ms of the stage", errors="ignore").to_csv())
            elif "family_times" in getattr(child.proto, "id", ""):
                continue  # a chart of times alone
            elif getattr(child.proto, "component_name", "") != "frcnn_viz_address":  # which names the device
                yield re.sub(rf"deferred_file_id: .*|{TIMES}|Mean milliseconds.*|Here: \w+", "", str(child.proto))

    yield from visit(test.main)
