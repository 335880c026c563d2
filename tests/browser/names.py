"""What a screen reader is told of a page: whatever can be used has a name, in words, once."""

from __future__ import annotations

import re

from playwright.sync_api import Page

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


def assert_named(page: Page) -> None:
    """Whatever can be used has a name, and each canvas tells how many boxes it shows."""
    found = names(page)
    assert len(found) > 25
    without = [one for one in found if not is_a_name(one[1])]
    assert without == [], without
    told = [text for role, text in found if role == "application"]
    assert len(told) == page.locator(".box-canvas").count()
    assert [text for text in told if not re.search(r": [\d,]+ box(es)? shown\. ", text)] == []
