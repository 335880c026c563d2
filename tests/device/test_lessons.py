"""Every lesson on the double: it asks what it asks on the CPU, and the code that it shows gives the right answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from frcnn_viz.lessons import Lesson, Question, Scene, Stage
from frcnn_viz.lessons.check import faults
from frcnn_viz.lessons.shelf import BUILT_IN
from frcnn_viz.models.registry import make_model
from frcnn_viz.pipeline.memory import Memory
from tests.device.double import DEVICE, models_move
from tests.device.test_compute import away
from tests.lessons.scenes import scene


@pytest.fixture(scope="module")
def there() -> Iterator[Scene]:
    here = scene()
    model = make_model(here.detector.name).eval().requires_grad_(False)
    detector = replace(here.detector, model=away(model))
    assert detector.device == DEVICE
    with models_move():
        yield replace(here, detector=detector, memory=Memory(2**28))


def told(question: Question) -> tuple:
    wrong = [(one.answer, one.sentence) for one in question.wrong]
    return question.text, question.right, question.also_right, wrong, question.hints, question.why, question.marks


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("lesson", BUILT_IN, ids=lambda lesson: lesson.name)
def test_every_lesson_is_the_same(lesson: Lesson, stage: Stage, there: Scene) -> None:
    asked = lesson.questions(there, "student", stage)
    assert list(map(told, asked)) == list(map(told, lesson.questions(scene(), "student", stage)))
    for question in asked:
        if question.later is None or lesson.name == "losses":  # the trainings of the others take long
            assert faults(question.settled(), there) == []
