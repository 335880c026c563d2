"""All lessons: which of them this picture and detector allow, what was done, and the file to hand in."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from frcnn_viz.lessons import CannotAsk, Lesson, LessonError, Scene
from frcnn_viz.lessons.record import MOST_BYTES, Record, RecordError
from frcnn_viz.ui import view
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.downloads import download
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.lessons import answers
from frcnn_viz.ui.lessons.asked import scene_of
from frcnn_viz.ui.lessons.shelf import shelf
from frcnn_viz.ui.lessons.steps import begin, find_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

NAME, FILE = "lesson_student", "lesson_file"


def body(here: Session) -> None:
    """The list, and beside it the student's file."""
    record, scene = answers.record(), scene_of(here)
    left, inspector = workbench()
    with left, st.container(key="lesson_list"):
        for lesson in shelf():
            _line(lesson, record, scene)
    with inspector:
        _student(record)
        for sentence in shelf().broken:
            st.warning(plain(sentence))


def _line(lesson: Lesson, record: Record, scene: Scene) -> None:
    done = [row.is_done for row in record.rows if row.lesson == lesson.name]
    lacking = "" if done else _lacking(lesson, scene)
    state = "over" if record.is_over(lesson.name) else "begun" if done else "new"
    with st.container(horizontal=True, vertical_alignment="center"):
        told = word("lesson.find" if lacking else f"lesson.{state}")
        act = find_picture if lacking else begin
        st.button(told.term, key=f"begin_{lesson.name}", help=told.hover, on_click=act, args=(lesson,), width=116)
        mark = f" :green-badge[{word('lesson.done').term}]" if state == "over" else ""
        st.markdown(f"**{lesson.number}. {plain(lesson.title)}**{mark}  \n{plain(lacking or lesson.goal)}")


def _lacking(lesson: Lesson, scene: Scene) -> str:
    """What the picture in view lacks for it, in a sentence."""
    try:
        return lesson.lacking(scene)
    except (CannotAsk, LessonError) as error:
        return str(error)


def _student(record: Record) -> None:
    told = word("lesson.student")
    view.hold(NAME, record.student, typed=True)
    st.text_input(told.term, record.student, key=NAME, max_chars=60, help=told.hover, on_change=_named)
    st.caption(f"{word('lesson.seed').term}: {plain(record.seed)}", help=word("lesson.seed").hover)
    if record.rows:
        name = f"lessons-{''.join(c for c in record.student if c.isalnum()) or record.seed}.json"
        download(word("lesson.download").term, record.to_json, name, "application/json", "lesson_download")
        with st.popover(word("lesson.anew").term, help=word("lesson.anew").sentence):
            st.caption(word("lesson.anew").sentence)
            st.button(word("action.remove").term, key="lesson_anew", on_click=answers.begin_anew)
    told = word("lesson.bring")
    st.file_uploader(
        told.term,
        ["json"],
        key=FILE,
        help=told.hover,
        max_upload_size=MOST_BYTES // 1_000_000,
        on_change=attempt,
        args=(_brought,),
    )


def _named() -> None:
    answers.keep(lambda record: replace(record, student=view.held(NAME)))


def _brought() -> None:
    """Take the answers of a file in the place of those that are here, which are set aside."""
    if (file := view.held(FILE)) is None:
        return
    try:
        brought = Record.from_json(file.getvalue()[: MOST_BYTES + 1], file.name)
    except RecordError as error:
        view.tell(str(error))
        return
    answers.begin_anew()
    answers.keep(lambda record: brought)
