"""Grading: every answer of a student's file judged again, by tensors that are computed now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.images import ImageError
from frcnn_viz.lessons.forms import AnswerError
from frcnn_viz.lessons.lesson import CannotAsk, Lesson, LessonError, Stage
from frcnn_viz.lessons.question import Question
from frcnn_viz.lessons.record import Record, Row, Try
from frcnn_viz.lessons.scene import Scene
from frcnn_viz.models.entry import ModelError
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.pipeline.settings import SettingsError


@dataclass(frozen=True)
class Grade:
    """What one question of a student's file is worth.

    Attributes:
        row: what the student did, judged again; as the file has it where that cannot be done.
        score: 0 to 1; None where it cannot be judged. agrees: whether the file said the same of every answer.
        solution: the right answer in words. problem: why it cannot be judged, in one sentence; else empty.
    """

    row: Row
    score: float | None
    agrees: bool = True
    solution: str = ""
    problem: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The known mistakes made, in their order."""
        return tuple(one.reason for one in self.row.tries if one.reason)


Ask = Callable[[Lesson, Scene, str, Stage], tuple[Question, ...]]


def grade(
    record: Record, lessons: Iterable[Lesson], open_scene: Callable[[Row], Scene], ask: Ask = Lesson.questions
) -> list[Grade]:
    """Judge a record's answers again.

    Args:
        record: of one student.
        lessons: those that can be graded.
        open_scene: picture, detector and settings of a row. What it raises as DataError, ImageError, ModelError,
            WeightsError or SettingsError is the row's problem.
        ask: `Lesson.questions`, or what remembers what it gave.
    """
    known = {lesson.name: lesson for lesson in lessons}
    return [_judge(row, record.seed, known.get(row.lesson), open_scene, ask) for row in record.rows]


def _judge(row: Row, seed: str, lesson: Lesson | None, open_scene: Callable[[Row], Scene], ask: Ask) -> Grade:
    if lesson is None:
        return Grade(row, None, problem=f"There is no lesson {row.lesson!r} here; give its folder with --lessons.")
    try:
        scene = open_scene(row)
        if scene.image.sha256 != row.sha256:
            return Grade(row, None, problem=f"The picture {row.picture!r} is another here than the student's.")
        if scene.detector.fingerprint != row.fingerprint:
            return Grade(row, None, problem=f"The detector {row.detector!r} has other weights here than the student's.")
        questions = {question.name: question for question in ask(lesson, scene, seed, row.stage)}
        if row.question not in questions:
            return Grade(row, None, problem=f"The lesson {row.lesson!r} has no question {row.question!r} there.")
        question, judged = questions[row.question].settled(), replace(row, tries=())
        for tried in row.tries:
            judged = judged.answered(question, question.read(tried.answer), tried.at, tried.seconds)
    except AnswerError as error:
        return Grade(row, 0.0, False, problem=f"An answer of the file is none: {error}")
    except (CannotAsk, LessonError, DataError, ImageError, ModelError, WeightsError, SettingsError) as error:
        return Grade(row, None, problem=str(error))
    return Grade(judged, judged.score, _said(judged.tries) == _said(row.tries), question.solution)


def _said(tries: tuple[Try, ...]) -> list[tuple[bool, str]]:
    return [(one.right, one.reason) for one in tries]
