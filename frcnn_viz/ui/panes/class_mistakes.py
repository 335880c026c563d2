"""The mistakes of the class, typed and counted: who made each, and what it was about."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from frcnn_viz.classroom.register import Visitor
from frcnn_viz.figures.classroom import SHOWN, mistake_figure, mistake_rows, name_of, who_rows
from frcnn_viz.lessons import Lesson
from frcnn_viz.lessons.gradebook import Mistake
from frcnn_viz.ui import view
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.children import act_button
from frcnn_viz.ui.classroom.present import register
from frcnn_viz.ui.classroom.show import ask, example_of, show_answer
from frcnn_viz.ui.classroom.teacher import for_teacher, watch
from frcnn_viz.ui.controls import choice
from frcnn_viz.ui.lessons.shelf import shelf
from frcnn_viz.ui.panes.class_grading import book, grade, grading_button, state, table_button
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

LESSON = Option("teacher.lesson", "")
MOST_ROWS = 200
"""Of the table; what is rarer may be a file's own invention."""


@for_teacher
def body(here: Session) -> None:
    """What is asked of the class's answers, and what they say."""
    lessons = {one.name: one for one in shelf()}
    with st.container(key="class_asks", horizontal=True, vertical_alignment="bottom"):
        titles = {name: f"{one.number}. {plain(one.title)}" for name, one in lessons.items()}
        choice(LESSON, "teacher.of_lesson", {"": word("teacher.all_lessons").term, **titles}, width=360)
        is_asked = grading_button()
        table_button()
    if is_asked:
        grade()
    watch(lambda: _show(lessons))


def _show(lessons: dict[str, Lesson]) -> None:
    everyone = register().look()
    made = [one for one in book(everyone).mistakes if LESSON.value in ("", one.lesson)]
    st.caption(state(everyone))
    if not made:
        st.info(word("teacher.no_mistakes").sentence)
        return
    left, right = st.columns([5, 3])
    with left:
        shown = made[:SHOWN]
        more = {"on_select": _chose(shown, "class_chart", _points), "selection_mode": "points"}
        chart(mistake_figure(made, lessons), "class_chart", 90 + 24 * len(shown), **more)
        listed = made[:MOST_ROWS]
        key = f"class_mistakes_{hash(tuple(map(_name, listed)))}"  # a row is another mistake once the order is another
        more = {"on_select": _chose(listed, key, _rows), "selection_mode": "single-row"}
        explained_table(mistake_rows(listed, lessons), key=key, height=min(38 + 35 * len(listed), 215), **more)
        if len(made) > MOST_ROWS:
            st.caption(f"The {MOST_ROWS} that most made, of {len(made):,}.")
    with right:
        chosen = next((one for one in made if _name(one) == _chosen().get("mistake")), None)
        if chosen:
            _tell(chosen, {one.answers.student.file: one for one in everyone})
        else:
            st.caption(word("teacher.choose_mistake").sentence)


def _tell(mistake: Mistake, visitors: dict[str, Visitor]) -> None:
    """Who made it, and what can be shown of it."""
    st.markdown(f"**{plain(mistake.reason)}**")
    found = example_of(mistake)
    with st.container(horizontal=True):
        act_button("teacher.ask", ask, found, disabled=not found)
        act_button("teacher.answer", show_answer, found, disabled=not found)
    if not found:
        st.caption(word("teacher.no_example").sentence)
    explained_table(
        who_rows(mistake, lambda student: name_of(visitors[student.file])), height=min(38 + 35 * len(mistake.made), 390)
    )


def _chosen() -> dict[str, str]:
    """The mistake that was: what looks at itself anew every few seconds does not bring the link up to date."""
    return view.kept("class_chosen", dict)


def _name(mistake: Mistake) -> str:
    return f"{mistake.lesson}|{mistake.reason}"


def _chose(listed: list[Mistake], key: str, places: Callable[[str], list[int]]) -> Callable[[], None]:
    def chose() -> None:
        at = places(key)
        _chosen()["mistake"] = _name(listed[at[0]]) if at and at[0] < len(listed) else ""

    return chose


def _rows(key: str) -> list[int]:
    return view.held(key).selection.rows


def _points(key: str) -> list[int]:
    return [int(point["y"]) for point in view.held(key).selection.points]
