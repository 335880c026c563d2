"""Every option of every page goes into the link: what is chosen is seen again where the link is opened afresh."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import contents, open_page, places, seen

LINK = {
    "image": "crowd",
    "cell": "3",
    "anchor": "40",
    "candidate": "5",
    "proposal": "2",
    "detection": "7",
    "object": "1",
}
KINDS = ("button_group", "selectbox", "toggle", "slider", "number_input", "text_input")


def options_shown(test: AppTest) -> dict[str, tuple[str, Any]]:
    """The widgets of options, by key: their kind and themselves; but for the tabs."""
    return {
        widget.key: (kind, widget)
        for kind in KINDS
        for widget in test.get(kind)
        if (widget.key or "").startswith("option_") and not widget.key.endswith(".tab")
    }


def offers_another(kind: str, widget: Any) -> bool:
    if kind in ("button_group", "selectbox"):
        return len(widget.options) > 1
    return kind in ("toggle", "text_input") or widget.min < widget.max


def what_is_shown(test: AppTest) -> list[object]:
    """All that the page shows; of widgets their values, since how they came by them may differ."""
    values = [(widget.key, widget.value) for kind in KINDS for widget in test.get(kind)]
    shown = (text for text in contents(test) if text)  # an empty place is where progress was
    return [*values, *(text for text in shown if "$$ID" not in text or "component_name" in text)]


def other_value(kind: str, widget: Any) -> Any:
    """A value that the widget offers and does not have."""
    if kind in ("button_group", "selectbox"):
        return next(value for value in widget.format_func.__self__ if value != widget.value)
    if kind == "toggle":
        return not widget.value
    if kind == "text_input":
        return "a"
    step = getattr(widget, "step", 1) or 1
    return widget.value + step if widget.value + step <= widget.max else widget.value - step


@pytest.mark.parametrize("place", places())
def test_what_is_chosen_is_seen_again_by_link(place: str) -> None:
    test = open_page(place, **LINK)
    done: set[str] = set()
    while todo := {key: found for key, found in options_shown(test).items() if key not in done}:
        key, (kind, widget) = next(iter(todo.items()))
        done.add(key)
        if not offers_another(kind, widget):
            continue
        value = other_value(kind, widget)
        widget.set_value(value).run()
        assert not test.exception, key
        assert key.removeprefix("option_") in dict(seen(test).options), key
    page = place.split("/")[0]
    again = open_page(page, **seen(test).link())
    assert seen(again) == seen(test)
    assert what_is_shown(again) == what_is_shown(test)
