"""One page: its heading and tabs, the strip of stages, what the tab shows, and plain sentences for mistakes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from frcnn_viz.paths import ROOT
from frcnn_viz.pipeline.exhaustion import is_out_of_memory
from frcnn_viz.ui import session, view
from frcnn_viz.ui.box_canvas import on_screen
from frcnn_viz.ui.classroom.door import is_class
from frcnn_viz.ui.classroom.present import note_page
from frcnn_viz.ui.code import code_of, picture_code
from frcnn_viz.ui.controls import segments
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.export import export_form
from frcnn_viz.ui.frame import one_file, sidebar
from frcnn_viz.ui.frame.address import address
from frcnn_viz.ui.frame.news import news_line
from frcnn_viz.ui.frame.pages import PAGES, title_of
from frcnn_viz.ui.frame.strip import current_stage, strip
from frcnn_viz.ui.lessons.line import lesson_line
from frcnn_viz.ui.lineage import lineage_of_selection
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

Body = Callable[[Session], None]
Code = Callable[[Session, str], str]
T = TypeVar("T")


def run_page(name: str, tabs: dict[str, Body], code: Code | None = None, lineage: bool = True) -> None:
    """Show page `name` of `frame/pages.py`.

    The tab that is open is a choice of the page, and only its body runs. The page is a fragment: a slider in it runs it
    again, not the navigation and the sidebar around it.

    Args:
        name: of the page.
        tabs: what each shows, by its name: `tab.NAME` of the word list. Pages about a stage get tabs for the lineage
            of the chosen box, for its boxes as files, and for the code that gives its tensors.
        code: gives the code where the settings alone do not; it gets the expression for the picture.
        lineage: whether the page has that tab.
    """
    session.arrive(name)
    program = partial(_code_of, stage=PAGES[name].stage or "detections", code=code)
    if stage := PAGES[name].stage:
        more: dict[str, Body] = {"lineage": lineage_of_selection} if lineage else {}
        more["export"] = partial(export_form, page_stage=stage)
        more["code"] = lambda here: st.code(program(here))
        tabs = {**tabs, **more}
    _run(name, tabs, program)


@st.fragment
def _run(name: str, tabs: dict[str, Body], program: Callable[[Session], str]) -> None:
    """The page, its heading first: that outlives what no page can show."""
    if target := view.going_to():
        st.switch_page(ROOT / "pages" / f"{target}.py")
    if sidebar.is_stale():
        st.rerun(scope="app")
    stages = st.container(key="strip")
    note_page()
    tab, caution = _heading(name, tabs)
    here = _told(session.current)
    if here is None:
        return
    if is_class():
        with st.container(key="news_line"):
            news_line()
    with st.container(key="lesson_line"):  # seen while presenting, when the card is not
        lesson_line()
    if here.detector.warning:
        caution.badge("untrained", color="orange", help=plain(here.detector.warning))
    with st.container(key="told_here"):  # there without sentences too, so that what is below stays mounted
        for sentence in view.told():
            st.warning(plain(sentence))
    on_screen().clear()
    _told(lambda: tabs[tab](here))
    one_file.note(one_file.Screen(here, name, program, tuple(on_screen().values())))
    if PAGES[name].section == "stages":
        with stages:
            strip(here, current_stage(name, tab))
    address(here, [word(f"tab.{tab}") for tab in tabs])


def _told(work: Callable[[], T]) -> T | None:
    """What `work` returns; a mistake that a setting, a model or a picture makes becomes one sentence, and None."""
    try:
        return work()
    except (RuntimeError, ValueError) as error:
        if isinstance(error, RuntimeError) and not is_out_of_memory(error):
            raise
        show_error(error)
        return None


def _heading(name: str, tabs: dict[str, Body]) -> tuple[str, DeltaGenerator]:
    """Title, lead and tabs in one line; returns the tab that is open, and the place of a caution beside the lead."""
    with st.container(key="heading", horizontal=True, vertical_alignment="center"):
        title = title_of(name)
        st.title(title.term, anchor=False)
        st.caption(title.sentence)
        caution = st.empty()
        titles = {tab: word(f"tab.{tab}").term for tab in tabs}
        if len(titles) < 2:
            return next(iter(tabs)), caution
        option = Option(f"{name}.tab", next(iter(titles)))
        return segments(option, "view.tabs", titles, label_visibility="collapsed"), caution


def _code_of(here: Session, stage: str, code: Code | None) -> str:
    expression = picture_code(here)
    if code:
        return code(here, expression)
    model, random = here.detector.name, here.view.random
    return code_of(stage, model=model, image=expression, settings=here.settings, random_weights=random)
