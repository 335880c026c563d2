"""A picture that the teacher shows to everyone: opened at once where that disturbs nothing, else offered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from frcnn_viz.classroom.news import News
from frcnn_viz.data.tenant import tenant
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.children import act_button
from frcnn_viz.ui.classroom.door import is_class, is_teacher
from frcnn_viz.ui.classroom.news import URL, latest
from frcnn_viz.ui.frame.pages import PAGES
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import View
from frcnn_viz.words import word

YOUNG = 60 * 60
"""Seconds for which one who comes later is still offered it."""
UNDISTURBED = ("train", "experiments")
"""Pages that are not left for it."""
_DONE: dict[Path, int] = {}
"""The number of what a visitor looked at or put aside last, by the workspace's folder, so that no new tab offers it."""


@dataclass
class Place:
    """What this tab has of it.

    Attributes:
        seen: the number of what came last. shown: what is told on the page now.
        picture: the key that was opened; empty while it is only offered. before: what was looked at until then.
    """

    seen: int = 0
    shown: News | None = None
    picture: str = ""
    before: View | None = None

    def is_left(self) -> bool:
        """Whether another picture is in view than the one that was opened."""
        return bool(self.picture) and view.now().image != self.picture


def to_follow() -> dict[str, object] | None:
    """What `desk.js` asks, and the number that it compares; None where there is nobody who shows anything."""
    return {"url": URL, "seen": _place().seen} if is_class() and not is_teacher() else None


def arrived() -> None:
    """Take what came; for callbacks."""
    place, one = _place(), latest()
    if one is None or one.number <= place.seen:
        return
    is_here = library.whole_key(one.picture) is not None
    before = None if place.is_left() else place.before
    place.seen, place.shown, place.picture, place.before = one.number, one if is_here else None, "", before
    if is_here and not _is_busy():
        _look()


def news_line() -> None:
    """Tell it over the page, for as long as it is in view or waits to be looked at."""
    if to_follow() is None:
        return
    place = _place()
    if place.is_left():
        _end(place)
    if place.shown is None:
        return
    with st.container(key="news", horizontal=True, vertical_alignment="center"):
        told = word("news.shown").term
        st.markdown(f"**{told}{':' if place.shown.words else '.'}** {plain(place.shown.words)}")
        if place.picture:
            act_button("news.back", _back)
        else:
            act_button("news.look", _look, type="primary")
            act_button("news.later", _put_aside)


def _place() -> Place:
    return view.kept("news", _at_first)


def _at_first() -> Place:
    one = latest()
    if one is None:
        return Place()
    is_new = time.time() - one.when < YOUNG and _DONE.get(tenant().folder, 0) < one.number
    return Place(one.number, one if is_new and library.whole_key(one.picture) else None)


def _is_busy() -> bool:
    """Whether a question is open, something is being drawn, or a run is watched."""
    now = view.now()
    tab = dict(now.options).get(f"{now.page}.tab")
    return bool(now.lesson) or now.page in UNDISTURBED or (now.page, tab) == ("images", "draw")


def _look() -> None:
    place = _place()
    _DONE[tenant().folder] = place.seen
    place.before = place.before or view.now()
    session.choose_image(place.shown.picture)
    place.picture = view.now().image
    now, page = view.now().page, place.shown.page
    if page not in PAGES:
        page = now if PAGES[now].section == "stages" else "overview"
    if page != now:
        view.go_to(page)


def _back() -> None:
    before, page = _place().before, view.now().page
    _end(_place())
    view.change(**{**vars(before), "page": page})
    if before.page != page:
        view.go_to(before.page, before.look)


def _put_aside() -> None:
    _DONE[tenant().folder] = _place().seen
    _end(_place())


def _end(place: Place) -> None:
    place.shown, place.picture, place.before = None, "", None
