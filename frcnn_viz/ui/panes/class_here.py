"""Who of the class is where: what each does, has done and keeps; a visitor's run can be ended, a workspace removed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from frcnn_viz.classroom.register import Visitor, end_work, work_of
from frcnn_viz.data.annotations import DataError
from frcnn_viz.figures.classroom import answer_rows, name_of, visitor_rows
from frcnn_viz.lessons import Lesson
from frcnn_viz.ui import view
from frcnn_viz.ui.children import act_button
from frcnn_viz.ui.classroom.door import visitors
from frcnn_viz.ui.classroom.present import register
from frcnn_viz.ui.classroom.teacher import for_teacher, watch
from frcnn_viz.ui.lessons.shelf import shelf
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

ROW = 28
"""Pixels of a row."""
WIDTHS = {
    **{"who": 100, "seen": 80, "page": 95, "lesson": 135, "at": 90, "done": 50, "right": 65},
    **{"tries": 50, "hints": 50, "pictures": 65, "megabytes": 65, "run": 70},
}
"""Pixels of the columns."""


@for_teacher
def body(here: Session) -> None:
    """The table, and what can be done about the visitor of the chosen row."""
    watch(_show)


def _show() -> None:
    everyone = register().look()
    _summary(everyone)
    if not everyone:
        st.info(word("teacher.nobody").sentence)
        return
    key = f"class_table_{len(view.kept('class_removed', list))}"  # rows that moved up are not chosen
    chosen = lambda: _choose(everyone, view.held(key).selection.rows)  # noqa: E731
    lessons = {one.name: one for one in shelf()}
    rows = visitor_rows(everyone, lessons, time.time())
    more = {"on_select": chosen, "selection_mode": "single-row", "beside": _columns()}
    explained_table(rows, key=key, row_height=ROW, height=min(500, ROW * (len(rows) + 1) + 4), **more)
    with st.container(key="class_chosen", horizontal=True, vertical_alignment="center"):
        _offer(next((one for one in everyone if one.key == _chosen().get("visitor")), None), lessons)
    for one in everyone:
        if one.answers.problem:
            st.warning(plain(f"{name_of(one)}: {one.answers.problem}"))


def _columns() -> dict[str, Any]:
    """The lesson has the room that the numbers do not need."""
    told = {name: word(f"teacher.{name}") for name in WIDTHS}
    return {one.term: st.column_config.Column(help=one.hover, width=WIDTHS[name]) for name, one in told.items()}


def _summary(everyone: list[Visitor]) -> None:
    here = sum(one.is_here for one in everyone)
    running = sum(one.work is not None for one in everyone)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{here} of {len(everyone)}** here now, {running} with a run under way or waiting.")
        leave = word("teacher.leave")
        st.html(f'<a href="class/leave" title="{leave.sentence}">{leave.term}</a>', width="content")


def _choose(everyone: list[Visitor], rows: list[int]) -> None:
    _chosen()["visitor"] = everyone[rows[0]].key if rows else ""


def _chosen() -> dict[str, str]:
    return view.kept("class_chosen", dict)


def _offer(one: Visitor | None, lessons: Mapping[str, Lesson]) -> None:
    if one is None:
        st.caption(word("teacher.choose").sentence)
        return
    st.markdown(f"**{plain(name_of(one))}**")
    told = word("teacher.answers")
    with st.popover(told.term, disabled=not one.answers.answered):
        st.caption(told.sentence)
        explained_table(answer_rows(one.answers.student, lessons), width=640)
    if one.work:
        act_button("teacher.end_run", end_work, one.one)
    told = word("teacher.remove")
    with st.popover(told.term, help=told.hover if one.work else None, disabled=one.work is not None):
        st.caption(word("teacher.remove_sure").sentence)
        act_button("teacher.remove_sure", _remove, one)


def _remove(one: Visitor) -> None:
    if work_of(one.one):
        view.tell(f"{name_of(one)} has a run under way; end it first.")
        return
    try:
        visitors().remove(one.one)
    except DataError as error:
        view.tell(str(error))
        return
    _chosen().clear()
    view.kept("class_removed", list).append(one.key)
