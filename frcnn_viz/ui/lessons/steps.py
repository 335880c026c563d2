"""The way through a lesson: begin, answer, see, go on, leave. All for callbacks; what stands in the way is told."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from frcnn_viz.data.samples import SAMPLES
from frcnn_viz.lessons import AnswerError, CannotAsk, Lesson, LessonError, Scene, Stage
from frcnn_viz.lessons.record import Row
from frcnn_viz.paths import ROOT
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.lessons import answers
from frcnn_viz.ui.lessons.asked import NUMBER, STAGE, Asked, asked, scene_of, seen_by
from frcnn_viz.ui.lessons.shelf import shelf
from frcnn_viz.ui.view import Option, View
from frcnn_viz.words import word

PAGE, TAB = "lessons", "question"


def begin(lesson: Lesson) -> None:
    """Open a lesson where it was left; on the picture in view where it was not begun."""
    record = answers.record()
    transfers = [row for row in record.rows if row.lesson == lesson.name and row.stage is Stage.TRANSFER]
    view.change(lesson=lesson.name)
    _open_at(Stage.TRANSFER if any(not row.is_done for row in transfers) else Stage.PREDICT)


def find_picture(lesson: Lesson) -> None:
    """Begin a lesson on another picture than the one in view, drawn by the student's seed."""
    now = view.now()
    if key := _drawn(lesson, Stage.PREDICT, now):
        session.choose_image(key)
        begin(lesson)


def leave() -> None:
    """Close the lesson; what was answered is kept. Settings that an answer was shown with go with it."""
    with suppress(ValueError):  # the card tells why nothing is asked
        of = asked()
        if of.is_here and view.now().changes == _shown_with(of):
            view.change(changes=of.seen.changes)
    view.change(lesson="")
    STAGE.set(None)
    NUMBER.set(None)


def show_question(of: Asked) -> None:
    """Go to the question's picture, at the settings that it is about."""
    _look_at(of.seen)
    view.open_tab(PAGE, TAB)


def waiting() -> dict[str, Any]:
    """The answers that cannot be judged before something has run, by their question's key; None where none is given."""
    return view.kept("lesson_waiting", dict)


def lock_in(of: Asked, given: Any) -> None:
    """Keep an answer for good; after the last one the page that shows the answer is opened."""
    try:
        answer = of.question.read(given)
    except AnswerError as error:
        view.tell(str(error))
        return
    if of.question.later:
        waiting()[of.key] = answer
        return
    row = of.row.answered(of.question, answer, time.time(), seconds_shown(of))
    _keep(of, row)
    if row.is_done:
        reveal(of)


def read_hint(of: Asked) -> None:
    """Open the next hint, which the record keeps too."""
    _keep(of, of.row.hinted())


def reveal(of: Asked) -> None:
    """Open the page that shows the answer, with what the question says is chosen there."""
    screen = of.question.screen
    page = screen.page or of.lesson.page
    if not (ROOT / "pages" / f"{page}.py").is_file():
        view.tell(f"The lesson {of.lesson.name!r} shows its answer on the page {page!r}, which there is not.")
        return
    _look_at(replace(of.seen, changes=_shown_with(of)))
    Option(f"{page}.tab", "").set(None)
    for name, text in screen.options.items():
        Option(name, "").set(text)
    view.change(selected=screen.selected)
    if page != view.now().page:
        view.go_to(page, screen.look)


def go_on(of: Asked) -> None:
    """To the next question, then to the same on another picture, then to the next lesson."""
    if of.next_open is not None:
        NUMBER.set(of.next_open)
        show_question(of)
    elif of.stage is Stage.PREDICT:
        _transfer(of)
    elif following := next_lesson(of):
        _look_at(of.seen)
        begin(following)
    else:
        leave()
        view.open_tab(PAGE, "")


def next_lesson(of: Asked) -> Lesson | None:
    """The first lesson after this one that was not answered yet."""
    known = list(shelf())
    return next((one for one in known[known.index(of.lesson) + 1 :] if not of.record.is_over(one.name)), None)


def is_begun(lesson: Lesson) -> bool:
    """Whether something was answered of it, and so its picture stays."""
    return any(row.lesson == lesson.name for row in answers.record().rows)


def seconds_shown(of: Asked) -> float:
    """Since the question was first shown here."""
    shown: dict[str, float] = view.kept("lesson_clock", dict)
    return time.monotonic() - shown.setdefault(of.key, time.monotonic())


def _shown_with(of: Asked) -> view.Pairs:
    """The settings that the answer is shown with."""
    there = of.scene.at_text(of.question.screen.settings).settings
    return tuple(there.changes(Settings.of(of.scene.detector.model)).items())


def _keep(of: Asked, row: Row) -> None:
    answers.keep(lambda record: replace(of, record=record).with_row(row))


def _transfer(of: Asked) -> None:
    if seen_by(of.record, of.lesson, Stage.TRANSFER) is None:
        key = _drawn(of.lesson, Stage.TRANSFER, of.seen)
        if key is None:
            return
        _look_at(replace(of.seen, image=key))
        library.looked_at(key)
    _open_at(Stage.TRANSFER)


def _drawn(lesson: Lesson, stage: Stage, seen: View) -> str | None:
    """The key of another picture for a lesson: of those beside this one if one of them will do, else of all."""

    def open_scene(key: str) -> Scene:
        return scene_of(session.of(replace(seen, image=key)))

    beside = session.neighbours()
    told = ""
    for keys in (beside, {*SAMPLES, *library.ids(), *library.class_ids()} - {*beside}):
        try:
            return lesson.find_scene(keys, open_scene, answers.record().seed, stage, seen.image).key
        except (CannotAsk, LessonError) as error:
            told = told or str(error)
    view.tell(f"{word('lesson.no_other').sentence} {told}")
    return None


def _open_at(stage: Stage) -> None:
    STAGE.set(stage.value)
    NUMBER.set(None)
    view.open_tab(PAGE, TAB)
    try:
        of = asked()
    except ValueError:  # which the card tells
        return
    NUMBER.set(of.next_open)
    _look_at(of.seen)


def _look_at(seen: View) -> None:
    view.change(image=seen.image, model=seen.model, random=seen.random, changes=seen.changes, selected=())
