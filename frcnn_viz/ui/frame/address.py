"""The address bar follows the view; the sidebar's list of changes and its Pin follow it too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from frcnn_viz.pipeline.settings import to_text
from frcnn_viz.ui import view
from frcnn_viz.ui.components import component
from frcnn_viz.ui.lessons import answers
from frcnn_viz.ui.lessons.asked import NUMBER, STAGE
from frcnn_viz.ui.session import Session
from frcnn_viz.words import Word, word

_HERE = Path(__file__).parent


def address(here: Session, tabs: Iterable[Word] = ()) -> None:
    """Bring the address bar and the sidebar up to date, and let the page's tabs explain themselves on hover."""
    now = view.now()
    data = {
        "page": now.page,
        "tabs": {tab.term: tab.plain_hover for tab in tabs},
        "link": urlencode(replace(now, look="").link()),
        "look": now.look,
        "restored": view.restored(),
        "changed": changed(here),
        "pin": pin_words(),
        "lesson": [now.page, answers.stamp(), *map(str, (now.lesson, STAGE.value, NUMBER.value))]
        if now.lesson
        else None,
    }
    with st.container(key="address"):
        _declare()(key="address_bar", data=data)


def changed(here: Session) -> list[str]:
    """The settings that differ from the model's own, each in words."""
    return [f"{name} {text} (model: {to_text(getattr(here.defaults, name))})" for name, text in here.view.changes]


def pin_words() -> tuple[str, str]:
    """Label and sentence of the button that pins this view, and then compares."""
    told = word("page.compare" if view.now().pinned else "view.pin")
    return told.term, told.sentence


@cache
def _declare() -> Any:
    return component("address", html="<span></span>", js=(_HERE / "address.js").read_text(encoding="utf-8"))
