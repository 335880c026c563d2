"""What is asked now: the open lesson's questions, on the picture in view until an answer binds them to theirs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from frcnn_viz.lessons import (
    Answer,
    AnswerError,
    CannotAsk,
    DrawBox,
    Lesson,
    LessonError,
    Mark,
    PickAnchor,
    Question,
    Role,
    Scene,
    Stage,
)
from frcnn_viz.lessons.question import Tell
from frcnn_viz.lessons.record import Record, Row, Try, open_row
from frcnn_viz.ui import session, view
from frcnn_viz.ui.lessons import answers
from frcnn_viz.ui.lessons.shelf import shelf
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option, View

STAGE = Option("lesson.stage", Stage.PREDICT.value)
NUMBER = Option("lesson.question", 0)


@dataclass(frozen=True, eq=False)
class Asked:
    """A question with its place.

    Attributes:
        lesson, stage: which. number: of the question, from 0. questions: all of this stage.
        seen: the view of the picture, detector and settings that they are about. scene: the same opened.
        record: of the student.
    """

    lesson: Lesson
    stage: Stage
    number: int
    questions: tuple[Question, ...]
    seen: View
    scene: Scene
    record: Record

    @property
    def question(self) -> Question:
        """The one in view."""
        return self.questions[self.number]

    @property
    def row(self) -> Row:
        """What was done with it."""
        return self._row(self.question)

    def _row(self, question: Question) -> Row:
        found = self.record.find(self.lesson.name, self.stage, question.name)
        return found or open_row(self.lesson.name, self.stage, question, self.scene)

    @property
    def key(self) -> str:
        """A name for widgets and drafts of this question on this picture."""
        return f"lesson_{self.lesson.name}_{self.stage}_{self.question.name}_{self.seen.image}_{self.seen.model}"

    @property
    def is_here(self) -> bool:
        """Whether what is in view is the picture and the detector that it is about."""
        now = view.now()
        return (now.image, now.model, now.random) == (self.seen.image, self.seen.model, self.seen.random)

    @property
    def next_open(self) -> int | None:
        """The first question of this stage that can still be answered."""
        return next((n for n, one in enumerate(self.questions) if not self._row(one).is_done), None)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is drawn on its picture: guess and truth once it is done, until then the last guess that was wrong.

        Not that one where the next is made of it on the picture.
        """
        tries = self.row.tries
        if self.row.is_done and not self.question.later:
            return self.question.reveal(self.read(tries[0]))
        if not tries or self.question.later or isinstance(self.question.form, DrawBox | PickAnchor):
            return self.question.shown
        told = self.question.reveal(self.read(tries[-1]))
        return tuple(mark for mark in told if mark.role is not Role.TRUTH)

    def read(self, tried: Try) -> Answer | None:
        """An answer of the record; None where a file's is none for this question."""
        try:
            return self.question.read(tried.answer)
        except AnswerError:
            return None

    def settled(self, tell: Tell) -> Asked:
        """The same with the answer worked out, where something must run for it; it is kept for all that ask later."""
        settled = self.question.settled(tell)
        questions = tuple(settled if one is self.question else one for one in self.questions)
        kept = _kept()
        kept.update({key: questions for key, value in kept.items() if value is self.questions})
        return replace(self, questions=questions)

    def with_row(self, row: Row) -> Record:
        """The record with a row; all of this stage's questions are opened together, since they are of one picture."""
        record = self.record
        for question in self.questions:
            record = record.keep(self._row(question))
        return record.keep(row)


def asked() -> Asked | None:
    """The question in view; None where no lesson is open.

    Raises:
        CannotAsk: it cannot be asked on this picture. LessonError: its code is broken, or there is no such lesson.
        ModelError, WeightsError, DataError, ImageError, SettingsError: what it is about is not here any more.
    """
    now = view.now()
    if not now.lesson:
        return None
    lesson = shelf().find(now.lesson)
    if lesson is None:
        raise LessonError(f"There is no lesson {now.lesson[:40]!r} here; choose one of the list.")
    stage = Stage(STAGE.value) if STAGE.value in set(Stage) else Stage.PREDICT
    record = answers.record()
    seen = seen_by(record, lesson, stage) or now
    here = session.of(seen)
    scene = scene_of(here)
    questions = _questions(lesson, stage, record.seed, here, scene)
    return Asked(lesson, stage, min(max(NUMBER.value, 0), len(questions) - 1), questions, seen, scene, record)


def seen_by(record: Record, lesson: Lesson, stage: Stage) -> View | None:
    """The view of what a stage of a lesson was answered on; None where it was not."""
    row = next((row for row in record.rows if (row.lesson, row.stage) == (lesson.name, stage)), None)
    settings = () if row is None else tuple(row.settings.items())
    return row and replace(view.now(), image=row.picture, model=row.detector, random=row.random, changes=settings)


def scene_of(here: Session) -> Scene:
    """What a page shows, for a lesson."""
    seen = here.view
    return Scene.of(
        seen.image, here.image, here.ground_truth, here.detector, here.settings, random=seen.random, memory=MEMORY
    )


def marks_on(here: Session) -> tuple[Mark, ...]:
    """What the open lesson draws on the picture of a page; nothing on another one, or where it cannot be asked."""
    try:
        found = asked()
    except ValueError:  # which the card tells
        return ()
    seen = found and found.seen
    return found.marks if found and (seen.image, seen.model) == (here.view.image, here.view.model) else ()


def _kept() -> dict[Any, Any]:
    """The questions asked last, or why they could not be, by what they depend on."""
    return view.kept("lesson_questions", dict)


def _questions(lesson: Lesson, stage: Stage, seed: str, here: Session, scene: Scene) -> tuple[Question, ...]:
    """A lesson's questions, asked for once as long as nothing changes that they depend on."""
    of = (here.image.sha256, here.detector.fingerprint, here.view.random, here.settings)
    key = (lesson, stage, seed, *of, here.item and here.item.revision)
    kept = _kept()
    if key not in kept:
        kept.clear()
        try:
            kept[key] = lesson.questions(scene, seed, stage)
        except (CannotAsk, LessonError) as error:
            kept[key] = error
    if isinstance(kept[key], Exception):
        raise kept[key]
    return kept[key]
