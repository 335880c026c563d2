"""At hand on every page: settings changed and reset, the link, one file, keys, Present, pictures dropped or pasted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from frcnn_viz.ui import session, view
from frcnn_viz.ui.components import component
from frcnn_viz.ui.controls import choice
from frcnn_viz.ui.frame import news, one_file
from frcnn_viz.ui.frame.address import changed, pin_words
from frcnn_viz.ui.frame.pages import STORY
from frcnn_viz.ui.frame.strip import current_stage, open_stage
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

_HERE = Path(__file__).parent
KEYS = {
    "n": ("stage", 1, "next stage of the story"),
    "b": ("stage", -1, "stage before"),
    "]": ("image", 1, "next picture"),
    "[": ("image", -1, "picture before"),
    "j": ("detection", 1, "next detection, by score"),
    "k": ("detection", -1, "detection before"),
    "l": ("level", 1, "next feature level"),
    "p": ("pin", 0, "pin this view; then compare with it"),
}
"""What a key does: which of the view's parts it steps, by how much, and its words."""
BUTTONS = {
    "reset": ("view.reset", ""),
    "copy": ("view.link", ""),
    "file": ("report.one_file", ""),
    "pin": ("view.pin", " (p)"),
    "present": ("view.present", " (f)"),
    "help": ("view.keys", " (?)"),
}
"""Of each button the key of its words, and what is added to its sentence."""
LEVEL = Option("stage.level", 0)
"""The feature level in view, on every page that shows one."""


def choose_level(here: Session, told: Sequence[str]) -> int:
    """Ask for the feature level; `told` is a word about each."""
    named = zip(here.trace.features.titles, told, strict=True)
    return choice(LEVEL, "option.level", {n: f"{name}: {words}" for n, (name, words) in enumerate(named)})


def desk(here: Session | None) -> None:
    """Show it, in the sidebar. Present, help, and the canvas's own keys need no server (`desk.js`)."""
    size = here.image.size if here else (0, 0)
    data = {
        "changed": changed(here) if here else [],
        "picture": here and {"url": here.image_url, "height": size[0], "width": size[1]},
        "pin": pin_words(),
        "keys": {key: words for key, (_, _, words) in KEYS.items()},
        "news": news.to_follow(),
    }
    does = {"press": _pressed, "reset": session.reset_settings, "file": one_file.ask, "news": news.arrived}
    _declare()(key="desk", data=data, **{f"on_{event}_change": act for event, act in does.items()})


def pin_or_compare() -> None:
    """Pin this view, or compare it with the one that is pinned."""
    if not view.now().pinned:
        view.pin()
    elif view.now().page != "compare":
        view.go_to("compare")


def _pressed() -> None:
    what, by, _ = KEYS.get(getattr(view.held("desk"), "press", None), ("", 0, ""))
    with suppress(ValueError):  # what cannot be run, or is gone, is told by the page, which an error here would replace
        _step(what, by)


def _step(what: str, by: int) -> None:
    if what == "image":
        session.step_image(by)
    elif what == "stage":
        now = view.now()
        stage = current_stage(now.page, dict(now.options).get(f"{now.page}.tab", ""))
        at = STORY.index(stage) + by if stage else 0
        if 0 <= at < len(STORY):
            open_stage(STORY[at])
    elif what == "pin":
        pin_or_compare()
    elif what == "level":
        count = len(session.current().trace.features.maps)
        LEVEL.set((LEVEL.value + by) % count)
    elif what == "detection":
        kept = session.current().trace.detections.kept.tolist()
        chosen = session.selected("detection")
        if kept:
            at = (kept.index(chosen) + by) % len(kept) if chosen in kept else 0
            session.select("detection", kept[at])


def _button(what: str, key: str, pressed: str) -> str:
    told = escape(word(key).sentence + pressed)
    return f'<button type="button" data-do="{what}" title="{told}">{escape(word(key).term)}</button>'


@cache
def _declare() -> Any:
    page = Template((_HERE / "desk.html").read_text(encoding="utf-8"))
    return component(
        "desk",
        html=page.substitute(buttons="\n    ".join(_button(what, *told) for what, told in BUTTONS.items())),
        css=(_HERE / "desk.css").read_text(encoding="utf-8"),
        js=(_HERE / "desk.js").read_text(encoding="utf-8"),
    )
