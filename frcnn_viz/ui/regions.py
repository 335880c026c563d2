"""Selective search of the picture in view: done once, in a process that can be stopped, and kept."""

from __future__ import annotations

import time
from collections import OrderedDict

import streamlit as st

from frcnn_viz.analysis.selective_search import SECONDS, Regions, begin_search, read_search
from frcnn_viz.ui import view
from frcnn_viz.ui.children import act_button
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

_FOUND: OrderedDict[str, Regions] = OrderedDict()
"""By the picture's pixels, the longest unused first."""
_MOST = 200
"""The regions of a picture take about 20 kB."""


def regions_of(here: Session) -> Regions | None:
    """The picture's regions, searched for now if they are not known; None where they cannot be had, which is told."""
    key, problems = here.image.sha256, view.kept("searches", dict)
    if key not in _FOUND and key not in problems:
        _search(here, key, problems)
    if key in _FOUND:
        _FOUND.move_to_end(key)
        return _FOUND[key]
    st.warning(plain(problems[key]))
    act_button("family.search", problems.pop, key, None)
    return None


def _search(here: Session, key: str, problems: dict[str, str]) -> None:
    def stopped() -> None:
        problems[key] = word("family.stopped").sentence

    with progress("family_search", "R-CNN and Fast R-CNN need the regions it finds.", stopped) as tell:
        child, start = begin_search(here.image), time.monotonic()
        while child.is_running and (spent := time.monotonic() - start) < SECONDS:
            tell(int(spent), SECONDS, f"Selective search, in a process of its own: {spent:.0f} s of at most {SECONDS}")
            child.wait(0.25)
        try:
            _FOUND[key] = read_search(child)
        except ValueError as error:
            problems[key] = str(error)
    while len(_FOUND) > _MOST:
        _FOUND.popitem(last=False)
