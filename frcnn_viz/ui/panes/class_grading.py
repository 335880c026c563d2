"""The answers of the class judged again, when the teacher asks for it, and their gradebook as a table."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.classroom.grading import book_of, grade_anew, is_graded
from frcnn_viz.classroom.register import Visitor
from frcnn_viz.data.csv_rows import csv_bytes
from frcnn_viz.figures.classroom import name_of
from frcnn_viz.lessons.gradebook import COLUMNS, Gradebook, Student, rows_of
from frcnn_viz.ui import view
from frcnn_viz.ui.classroom.present import register
from frcnn_viz.ui.downloads import download
from frcnn_viz.ui.lessons.shelf import shelf
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


def grading_button() -> bool:
    """Whether it is pressed: the work is done below what is beside it."""
    told = word("teacher.grade")
    return st.button(told.term, key="class_grade", help=told.hover, icon=":material/fact_check:")


def table_button() -> None:
    """The gradebook to take away, as CSV."""
    download(word("teacher.csv").term, _table, "class.csv", "text/csv", "class_csv")


def grade() -> None:
    """Judge what was not judged since it was answered; what is done when it is stopped stays."""
    waiting = [one for one in register().look() if one.answers.answered and not is_graded(one, graded())]
    with progress("class_grading") as tell:
        told = lambda one, done, total: tell(done, total, plain(f"{name_of(one)}: {done:,} of {total:,}"))  # noqa: E731
        for key, student in grade_anew(waiting, shelf(), MEMORY, told):
            graded()[key] = student


def graded() -> dict[str, Student]:
    """What was judged again for this teacher, by visitor."""
    return view.kept("class_graded", dict)


def book(everyone: list[Visitor]) -> Gradebook:
    """What the class answered: judged again where it was since."""
    return book_of(everyone, graded())


def state(everyone: list[Visitor]) -> str:
    """How many have answered, and what came of grading these anew."""
    answered = [one for one in everyone if one.answers.answered]
    anew = [graded()[one.key] for one in answered if is_graded(one, graded())]
    grades = [one for student in anew for one in student.grades]
    otherwise, unknown = sum(not one.agrees for one in grades), sum(bool(one.problem) for one in grades)
    told = f"{len(answered)} of {len(everyone)} have answered something; {len(anew)} of these are graded anew"
    told += f"; {otherwise} answers were told otherwise than they are" if otherwise else ""
    return told + (f"; {unknown} cannot be judged here." if unknown else ".")


def _table() -> bytes:
    students = book(register().look()).students
    return csv_bytes(COLUMNS, [row for student in students for row in rows_of(student, shelf())])
