"""A class for its teacher: who is where, and which mistakes are common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import plotly.graph_objects as go

from frcnn_viz.classroom.register import Visitor
from frcnn_viz.data.annotations import clean_class
from frcnn_viz.data.csv_rows import as_cell
from frcnn_viz.figures.palette import GREEN, VERMILION
from frcnn_viz.lessons import Lesson, Stage
from frcnn_viz.lessons.gradebook import Mistake, Student, rows_of
from frcnn_viz.training.signals import RUNNING
from frcnn_viz.words import word, words

SHOWN = 8
"""Mistakes in the chart; the table has more."""
Lessons = Mapping[str, Lesson]


def name_of(visitor: Visitor) -> str:
    """As the student wrote it, so that no spreadsheet that takes a table runs it; else by the order they came in."""
    return as_cell(visitor.answers.name) or f"{word('teacher.visitor').term} {visitor.number}"


def visitor_rows(visitors: Iterable[Visitor], lessons: Lessons, now: float) -> list[dict[str, object]]:
    """A line a visitor.

    Args:
        visitors: of the class.
        lessons: that are known, by name.
        now: seconds since 1970.
    """
    return [
        {
            word("teacher.who").term: name_of(one),
            word("teacher.seen").term: word("teacher.now").term if one.is_here else ago(now - one.when),
            word("teacher.page").term: _page(one),
            word("teacher.lesson").term: _lesson(one, lessons),
            word("teacher.at").term: _at(one),
            word("teacher.done").term: one.answers.lessons_done,
            word("teacher.right").term: f"{one.answers.right} of {one.answers.answered}",
            word("teacher.tries").term: one.answers.tries,
            word("teacher.hints").term: one.answers.hints,
            word("teacher.pictures").term: one.held.images,
            word("teacher.megabytes").term: round(one.held.nbytes / 1e6, 1),
            word("teacher.run").term: _run(one),
        }
        for one in visitors
    ]


def answer_rows(student: Student, lessons: Lessons) -> list[dict[str, object]]:
    """A line for each lesson that a student began."""
    return [
        {
            word("teacher.lesson").term: lesson_title(row["lesson"], lessons),
            word("teacher.right").term: f"{row['right']} of {row['questions']}",
            word("teacher.at_once").term: row["right_at_once"],
            word("teacher.hints").term: row["hints"],
            word("teacher.minutes").term: row["minutes"],
            word("teacher.mistakes").term: as_cell(row["mistakes"]),
        }
        for row in rows_of(student, lessons.values())
    ]


def lesson_title(name: str, lessons: Lessons) -> str:
    """Number and title; what a file calls it where there is none of that name."""
    known = lessons.get(name)
    return f"{known.number}. {known.title}" if known else as_cell(clean_class(name))


def mistake_rows(mistakes: Iterable[Mistake], lessons: Lessons) -> list[dict[str, object]]:
    """A line a mistake."""
    return [
        {
            word("teacher.mistake").term: _reason(one),
            word("teacher.made_in").term: lesson_title(one.lesson, lessons),
            word("teacher.made").term: len(one.made),
            word("teacher.mended").term: len(one.mended),
        }
        for one in mistakes
    ]


def who_rows(mistake: Mistake, name: Callable[[Student], str]) -> list[dict[str, object]]:
    """A line for each who made it, those who are not right yet first; `name` says what a student is called."""
    made = [(student in mistake.mended, name(student)) for student in mistake.made]
    return [
        {
            word("teacher.who").term: called,
            word("teacher.is_mended").term: word("teacher.yes" if done else "teacher.no").term,
        }
        for done, called in sorted(made, key=lambda pair: pair[0])
    ]


def mistake_figure(mistakes: Sequence[Mistake], lessons: Lessons) -> go.Figure:
    """Of the most common mistakes how many made them, those who were right in the end apart; the first on top."""
    shown = mistakes[:SHOWN]
    places = [f"{place}" for place in range(len(shown))]  # two lessons may know a mistake of one name
    mended, open_ = ([len(one.mended) for one in shown], [len(one.made) - len(one.mended) for one in shown])
    figure = go.Figure()
    for key, values, colour in (("teacher.mended", mended, GREEN), ("teacher.not_mended", open_, VERMILION)):
        figure.add_bar(y=places, x=values, name=word(key).term, orientation="h", marker_color=colour)
    figure.update_traces(unselected={"marker": {"opacity": 1}})  # what was clicked is told beside it
    titles = [
        f"{lessons[one.lesson].number}. {_reason(one)}" if one.lesson in lessons else _reason(one) for one in shown
    ]
    figure.update_layout(
        title=word("chart.class_mistakes").term,
        barmode="stack",
        showlegend=True,
        legend={"orientation": "h", "traceorder": "normal", "y": 1.12, "x": 1, "xanchor": "right"},
        yaxis={"autorange": "reversed", "type": "category", "tickvals": places, "ticktext": titles},
        xaxis={"rangemode": "tozero", "tickformat": "d"},
    )
    return figure


def _reason(mistake: Mistake) -> str:
    """In a file it can be anything."""
    return as_cell(clean_class(mistake.reason))


def _page(visitor: Visitor) -> str:
    if visitor.place is None:
        return ""
    known = words().get(f"page.{visitor.place.page}")
    return known.term if known else visitor.place.page


def _lesson(visitor: Visitor, lessons: Lessons) -> str:
    place = visitor.place
    return lesson_title(place.lesson, lessons) if place and place.lesson else ""


def _at(visitor: Visitor) -> str:
    """The question of the lesson, or its answer, once they have seen it."""
    place = visitor.place
    if place is None or not place.lesson:
        return ""
    record = visitor.answers.student.record  # a stage's questions are in it all together, in their order
    rows = [row for row in record.rows if (row.lesson, row.stage) == (place.lesson, place.stage)]
    is_done = 0 <= place.question < len(rows) and rows[place.question].is_done
    key = "answer" if is_done else "transfer" if place.stage == Stage.TRANSFER else "question"
    return f"{word(f'teacher.at_{key}').term} {place.question + 1}"


def _run(visitor: Visitor) -> str:
    if visitor.work is None:
        return ""
    status = visitor.work.status
    return (
        f"{word('teacher.step').term} {status.step:,}" if status.state == RUNNING else word(f"runs.{status.state}").term
    )


def ago(seconds: float) -> str:
    """How long ago, in words."""
    for name, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length or (name != "days" and seconds >= length):
            return f"{seconds // length:.0f} {name} ago"
    return word("teacher.moment").term
