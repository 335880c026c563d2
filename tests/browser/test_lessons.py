"""A student in a real browser: lessons of the program by their card, wrong, then right.

Those that are answered on the picture; all with FRCNN_VIZ_EVERY_LESSON=1 (`tests/pages/test_lessons_page.py` goes
through all of them without a browser).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import singledispatchmethod
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from frcnn_viz.lessons import ChooseOne, ChooseSome, DrawBox, GiveNumbers, PickAnchor, PutInOrder, Question, Stage
from frcnn_viz.lessons.forms import Form
from frcnn_viz.lessons.shelf import BUILT_IN
from frcnn_viz.paths import APP
from frcnn_viz.ui import session
from frcnn_viz.ui.lessons.asked import scene_of
from frcnn_viz.ui.view import View
from frcnn_viz.words import word
from tests.browser.conftest import open_by_menu, open_tab
from tests.browser.mouse import Editor

Settled = Callable[[Page], None]
SEED = "7b"
FEW = ("fit", "delta")
"""Those whose answers are picked and dragged on the picture, and written."""
CHOSEN = [one for one in BUILT_IN if one.name in FEW or os.environ.get("FRCNN_VIZ_EVERY_LESSON")]


class Student:
    """Answers what the page asks; what is right is worked out here, from the page's own link."""

    def __init__(self, page: Page, settled: Settled) -> None:
        self.page, self.settled, self.card = page, settled, page.locator(".st-key-lesson_card")

    def press(self, key: str) -> None:
        self.card.get_by_role("button", name=word(key).term, exact=True).click()
        self.settled(self.page)

    def asked(self) -> tuple[View, tuple[Question, ...], int]:
        """The view, its lesson's questions, and which of them is asked."""
        self.page.wait_for_function("() => new URL(location).searchParams.has('lesson')")  # it is told after the script
        link = dict(parse_qsl(urlsplit(self.page.url).query))
        seen = View.of(link, "lessons")
        lesson = next(one for one in BUILT_IN if one.name == seen.lesson)
        questions = lesson.questions(scene_of(session.of(seen)), SEED, Stage(link.get("lesson.stage", "predict")))
        return seen, questions, int(link.get("lesson.question", 0))

    def answer(self, question: Question, answer: Any, seen: View) -> None:
        """Give an answer by its widget and lock it in."""
        self._give(question.form, answer, seen)
        self.settled(self.page)
        self.press("lesson.lock")

    @singledispatchmethod
    def _give(self, form: Form, answer: Any, seen: View) -> None:
        raise AssertionError(form)

    @_give.register
    def _(self, form: GiveNumbers, answer: list, seen: View) -> None:
        for place, number in zip(self.card.locator("input[type=number]").all(), answer, strict=True):
            place.fill(f"{number:.9g}")

    @_give.register
    def _(self, form: ChooseOne, answer: str, seen: View) -> None:
        self.card.get_by_test_id("stRadioOption").nth(list(form.by_key).index(answer)).click()

    @_give.register
    def _(self, form: ChooseSome, answer: list, seen: View) -> None:
        for box, one in zip(self.card.get_by_test_id("stCheckbox").all(), form.alternatives, strict=True):
            if box.locator("input").is_checked() != (one.key in answer):
                box.locator("label").click()

    @_give.register
    def _(self, form: PutInOrder, answer: list, seen: View) -> None:
        for key in answer:
            self.card.get_by_role("button", name=form.by_key[key].label, exact=True).click()
            self.settled(self.page)

    @_give.register
    def _(self, form: PickAnchor, answer: list, seen: View) -> None:
        level, row, column, shape = answer
        self.card.get_by_role("combobox").click()
        self.page.get_by_role("option").nth(level).click()
        self.settled(self.page)
        x0, y0, x1, y1 = form.box_of(*answer)
        self.page.mouse.click(*self._place((x0 + x1) / 2, (y0 + y1) / 2))
        expect(self.card.get_by_text(f"Row {row}, column {column}")).to_be_visible()
        self.card.get_by_test_id("stRadioOption").nth(shape).click()

    @_give.register
    def _(self, form: DrawBox, answer: list, seen: View) -> None:
        x0, y0, x1, y1 = answer
        Editor(self.page, self.settled).drag((x0, y0), (x1, y1), shift=True)
        expect(self.card.get_by_text(f"The box {x0:.0f}", exact=False)).to_be_visible()

    def _place(self, x: float, y: float) -> tuple[float, float]:
        root = self.page.locator(".box-canvas").first
        view, box = root.evaluate("root => root.__state.view"), root.locator("canvas.picture").bounding_box()
        return box["x"] + view["x"] + x * view["scale"], box["y"] + view["y"] + y * view["scale"]


def test_a_student_goes_through_lessons(
    serve: Callable[[Path, str], str], page: Page, settled: Settled, look: Callable[[str], None]
) -> None:
    """Each is opened by a link; the first question wrong, then all of them right, on both pictures."""
    student, app = Student(page, settled), serve(APP, "lessons")
    for lesson in CHOSEN:
        page.goto(f"{app}/?lesson={lesson.name}&lesson.seed={SEED}")
        settled(page)
        expect(student.card.get_by_text(f"{lesson.number}. {lesson.title}")).to_be_visible()
        if student.card.get_by_role("button", name=word("lesson.find").term).count():
            student.press("lesson.find")
        for stage in Stage:
            seen, questions, _ = student.asked()
            for number, question in enumerate(one.settled() for one in questions):
                shown = f"{lesson.number:02}-{stage}-{number}"
                look(f"{shown}-question")
                if question.wrong and (stage, number) == (Stage.PREDICT, 0):
                    student.answer(question, question.wrong[0].answer, seen)
                    told = f"{question.wrong[0].reason}. {question.wrong[0].sentence}"
                    expect(student.card).to_contain_text(told, ignore_case=True)
                    look(f"{shown}-wrong")
                student.answer(question, question.right, seen)
                expect(student.card.get_by_test_id("stAlert").first).to_contain_text(word("lesson.right").term)
                look(f"{shown}-reveal")
                if number + 1 < len(questions):
                    student.press("lesson.next_question")
            student.press("lesson.transfer") if stage is Stage.PREDICT else None
        expect(page.get_by_test_id("stException")).to_have_count(0)
    student.press("lesson.next_lesson" if len(CHOSEN) < len(BUILT_IN) else "lesson.finish")
    student.press("lesson.leave") if len(CHOSEN) < len(BUILT_IN) else None
    open_by_menu(page, "lessons")
    settled(page)
    open_tab(page, "lessons")
    done = page.locator(".st-key-lesson_list").get_by_text(word("lesson.done").term, exact=True)
    expect(done).to_have_count(len(CHOSEN))


@pytest.fixture
def look() -> Callable[[str], None]:
    """Nothing is looked at when the tests run."""
    return lambda name: None
