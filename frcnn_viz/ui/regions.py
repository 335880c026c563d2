"""Selective search of the picture in view: once, in a process beside the page that can be stopped; then it is kept."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field

import streamlit as st

from frcnn_viz.analysis.selective_search import SECONDS, Regions, begin_search, read_search
from frcnn_viz.data.child import Child
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.ui import view
from frcnn_viz.ui.children import EVERY_SECONDS, act_button
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

_FOUND: OrderedDict[str, Regions] = OrderedDict()
"""By a digest of the picture's pixels, which whoever asks has; the longest unused first."""
_MOST = 200
"""The regions of a picture take about 20 kB."""


@dataclass
class Search:
    """A picture that is searched. child: the process. begun: when, on the clock of this process."""

    child: Child
    begun: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        """Whether it is to be read: it ended, or had its time."""
        return not self.child.is_running or time.monotonic() - self.begun > SECONDS


def regions_of(here: Session) -> Regions | None:
    """The picture's regions; None while they are searched for, or where they cannot be had, which is shown here."""
    key, known = here.image.sha256, _searches()
    if isinstance(search := known.get(key), Search) and search.is_over:
        _read(key)
    if key in _FOUND:
        _FOUND.move_to_end(key)
        return _FOUND[key]
    _watch(here, problem=known.get(key) if isinstance(known.get(key), str) else "")
    return None


def begin(image: LoadedImage) -> None:
    """Start a search; a visitor has one at a time."""
    known = _searches()
    for key in [key for key, search in known.items() if isinstance(search, Search)]:
        known.pop(key).child.stop()
    known[image.sha256] = Search(begin_search(image))


def stop(key: str) -> None:
    """End the search of a picture, or do without."""
    if isinstance(search := _searches().get(key), Search):
        search.child.stop()
    _searches()[key] = word("family.stopped").sentence


def _watch(here: Session, problem: str) -> None:
    """Say that it is searched for, or the problem.

    The page's clock begins the search, so that what needs none is shown before.
    """
    key, shown = here.image.sha256, []

    def look() -> None:  # both of its faces have as many elements, so that none of the other's is left
        if shown and not problem and key not in _searches():
            begin(here.image)
        shown.append(True)
        search = _searches().get(key)
        if isinstance(search, str) != bool(problem) or (isinstance(search, Search) and search.is_over):
            st.rerun()  # the page, with a clock or without
        if problem:
            st.warning(plain(problem))
            act_button("family.search", begin, here.image)
        else:
            st.info(word("family.searching").sentence)
            act_button("family.stop", stop, key)

    st.fragment(run_every=None if problem else EVERY_SECONDS)(look)()


def _read(key: str) -> None:
    known = _searches()
    try:
        _FOUND[key] = read_search(known.pop(key).child)
    except ValueError as error:
        known[key] = str(error)
    while len(_FOUND) > _MOST:
        _FOUND.popitem(last=False)


def _searches() -> dict[str, Search | str]:
    """This visitor's, by the picture's pixels: under way, or why there is nothing of it."""
    return view.kept("searches", dict)
