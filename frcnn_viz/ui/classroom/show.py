"""A mistake of the class on the screen of its teacher: the question it was made at, or the answer to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from frcnn_viz.lessons import CannotAsk, LessonError
from frcnn_viz.lessons.gradebook import Mistake
from frcnn_viz.lessons.record import Record, Row
from frcnn_viz.models.registry import is_known
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.lessons.answers import SEED
from frcnn_viz.ui.lessons.asked import NUMBER, STAGE, Asked, scene_of
from frcnn_viz.ui.lessons.shelf import shelf
from frcnn_viz.ui.lessons.steps import PAGE, TAB, reveal


@dataclass(frozen=True)
class Example:
    """A question that somebody answered.

    Attributes:
        row: of their file. seed: that they were asked by.
    """

    row: Row
    seed: str


def example_of(mistake: Mistake) -> Example | None:
    """Where it was made, on a picture and with a detector that the teacher has too; None where nowhere."""
    found = (
        Example(one.row, student.record.seed)
        for student in mistake.made
        for one in student.judged
        if one.row.lesson == mistake.lesson and mistake.reason in one.reasons
    )
    return next((one for one in found if library.whole_key(one.row.picture) and is_known(one.row.detector)), None)


def ask(example: Example) -> None:
    """Open the question, to be asked of all; for callbacks."""
    if of := _asked(example):
        view.change(**_look(of), lesson=of.lesson.name)
        SEED.set(example.seed)
        STAGE.set(of.stage.value)
        NUMBER.set(of.number)
        view.open_tab(PAGE, TAB)


def show_answer(example: Example) -> None:
    """Open the page that shows the answer; for callbacks."""
    if of := _asked(example):
        view.change(lesson="")
        reveal(of)


def _look(of: Asked) -> dict[str, object]:
    seen = of.seen
    return {"image": seen.image, "model": seen.model, "random": seen.random, "changes": seen.changes, "selected": ()}


def _asked(example: Example) -> Asked | None:
    """The question as they were asked it; None where that cannot be, which is told."""
    row = example.row
    seen = replace(
        view.now(), image=row.picture, model=row.detector, random=row.random, changes=tuple(row.settings.items())
    )
    try:
        lesson = shelf().find(row.lesson)
        if lesson is None:
            raise LessonError(f"There is no lesson {row.lesson[:40]!r} here; start the server with its folder.")
        scene = scene_of(session.of(seen))
        questions = lesson.questions(scene, example.seed, row.stage)
        number = next((place for place, one in enumerate(questions) if one.name == row.question), None)
        if number is None:
            raise CannotAsk(f"The lesson {lesson.name!r} has no question {row.question[:40]!r} there.")
    except ValueError as error:
        view.tell(str(error))
        return None
    return Asked(lesson, row.stage, number, questions, seen, scene, Record(seed=example.seed))
