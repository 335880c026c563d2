"""What surrounds every page: the navigation and the sidebar. `app.py` serves this script."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from frcnn_viz import paths
from frcnn_viz.ui import session, view
from frcnn_viz.ui.classroom.door import is_class, is_teacher, turn_away_nobody
from frcnn_viz.ui.frame import sidebar
from frcnn_viz.ui.frame.pages import MOVED, PAGES, title_of
from frcnn_viz.words import word


def moved(page: str, tab: str) -> None:
    """Open what an old link names where it is now."""
    session.arrive("")
    view.open_tab(page, tab)
    st.switch_page(paths.ROOT / "pages" / f"{view.going_to()}.py")


def old(name: str, page: str, tab: str) -> st.Page:
    """A page that is no longer there, out of sight."""
    go: Callable[[], None] = partial(moved, page, tab)
    go.__name__ = name
    return st.Page(go, title=name, url_path=name, visibility="hidden")


st.set_page_config(page_title="frcnn-viz", page_icon=str(paths.ASSETS / "icon.png"), layout="wide")
if is_class():
    turn_away_nobody()
third = session.has_third_head()
offered = {"third_head": third, "teacher": is_teacher()}
sections: dict[str, list[st.Page]] = {}
for name, entry in PAGES.items():
    sections.setdefault(word(f"section.{entry.section}").term, []).append(
        st.Page(
            paths.ROOT / "pages" / f"{name}.py",
            title=title_of(name).term,
            icon=f":material/{entry.icon}:",
            url_path=name,
            default=name == "overview",
            visibility="visible" if offered.get(name, True) else "hidden",
        )
    )
sections["Old links"] = [old(name, *place) for name, place in MOVED.items()]
chosen = st.navigation(sections, position="top")
st.html(Path(__file__).with_name("frame.css"))
page = chosen.url_path or "overview"
if page in PAGES:
    session.arrive(page)
    if session.has_third_head() != third:  # a link brought another detector: the navigation is made anew
        st.rerun()
    memory, here = sidebar.show()  # before the page: it is the way out of a picture or a model that no page can show
    chosen.run()
    if here:
        memory.caption(sidebar.memory_in_use(here.detector))
else:
    chosen.run()
