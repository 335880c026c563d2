"""What a screen reader is told: on every page whatever can be used has a name, in words, once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from frcnn_viz.paths import APP
from frcnn_viz.ui.frame.pages import PAGES

USED = {
    *("button", "link", "slider", "combobox", "radio", "tab", "checkbox", "switch", "textbox", "spinbutton"),
    *("radiogroup", "menuitem", "application"),
}


def names(page: Page) -> list[tuple[str, str]]:
    """Role and name of whatever can be used, in the order of the accessibility tree."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    seen = [node for node in nodes if not node["ignored"] and node["role"]["value"] in USED]
    return [(node["role"]["value"], node.get("name", {}).get("value", "").strip()) for node in seen]


def is_a_name(text: str) -> bool:
    """Whether it is words, not an icon's ligature, and not the same words twice."""
    words = text.split()
    half = len(words) // 2
    twice = half > 0 and words[:half] == words[half:]
    return bool(words) and not twice and not re.search(r"\b[a-z]+(_[a-z]+)* icon\b", text)


def test_what_is_a_name() -> None:
    assert [is_a_name(text) for text in ("Zoom in", "+ class", "Final NMS IoU")] == [True] * 3
    bad = ("", "chevron_left icon", "history icon Open", "Step Step", "Final NMS IoU Final NMS IoU")
    assert [is_a_name(text) for text in bad] == [False] * 5


def test_whatever_can_be_used_has_a_name(
    serve: Callable[[Path], str], page: Page, settled: Callable[[Page], None]
) -> None:
    app, canvases = serve(APP), 0
    for name in PAGES:
        page.goto(f"{app}/{'' if name == 'overview' else name}")
        expect(page.get_by_role("button", name="Keys")).to_be_visible()
        settled(page)
        found = names(page)
        assert len(found) > 25, name
        assert [one for one in found if not is_a_name(one[1])] == [], name
        told = [text for role, text in found if role == "application"]
        assert len(told) == page.locator(".box-canvas").count(), name
        assert [text for text in told if not re.search(r": [\d,]+ box(es)? shown\. ", text)] == [], name
        canvases += len(told)
    assert canvases >= 13
