"""Every lesson on real pictures and detectors: what is right passes, what is known as wrong is told as that.

FRCNN_VIZ_LESSON_PICTURES=20 takes 20 pictures before each detector; the suite takes two.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from itertools import permutations

import pytest
import torch

from frcnn_viz.lessons import CannotAsk, ChooseSome, Lesson, Question, Role, Scene, Stage
from frcnn_viz.lessons.check import check, faults
from frcnn_viz.lessons.shelf import BUILT_IN
from frcnn_viz.models.registry import EMBEDDED
from frcnn_viz.ui.frame.pages import PAGES
from tests.lessons.scenes import scene, scenes, with_masks

PICTURES = int(os.environ.get("FRCNN_VIZ_LESSON_PICTURES", "2"))
NEED_TRAINING = {"delta", "objectness", "lost", "mend", "precision", "overfit"}
"""Untrained weights hardly move a box, find nothing or take nothing for background; no third head is trained here."""
TRAINS = {"overfit"}
"""Its answers are trained for: the suite takes one picture before one detector."""
ALL = pytest.mark.parametrize("lesson", BUILT_IN, ids=lambda lesson: lesson.name)


def scenes_of(lesson: Lesson) -> list[Scene]:
    return [scene()] if lesson.name in TRAINS and PICTURES == 2 else scenes(PICTURES)


def asked(lesson: Lesson, where: Scene, seed: str) -> tuple[Question, ...]:
    """Of both stages."""
    try:
        return tuple(question.settled() for stage in Stage for question in lesson.questions(where, seed, stage))
    except CannotAsk as error:
        why = str(error)
    assert why[0].isupper() or why.split()[0] in EMBEDDED
    assert why.endswith(".")
    return ()


def as_sent(question: Question, answer: object) -> object:
    """As an answer comes back from a browser or a file."""
    return question.read(json.loads(json.dumps(answer)))


@ALL
def test_right_and_known_wrong_answers_are_told_apart(lesson: Lesson) -> None:
    counted: dict[str, int] = {}
    for where in scenes_of(lesson):
        questions = asked(lesson, where, "student")
        counted[where.detector.name] = counted.get(where.detector.name, 0) + len(questions)
        for question in questions:
            assert question.is_right(as_sent(question, question.right))
            assert question.mistake(as_sent(question, question.right)) is None
            assert question.wrong
            for wrong in question.wrong:
                told = question.mistake(as_sent(question, wrong.answer))
                assert (told.reason, told.sentence) == (wrong.reason, wrong.sentence)
                assert not question.is_right(wrong.answer)
    assert all(counted.values()), counted


@ALL
def test_it_passes_its_own_check(lesson: Lesson) -> None:
    assert check(lesson, scenes_of(lesson), seeds=["student"]) == []


@ALL
def test_untrained_weights_and_masks_are_no_obstacle(lesson: Lesson) -> None:
    where = with_masks()
    questions = asked(lesson, where, "student")
    assert bool(questions) != (lesson.name in NEED_TRAINING)
    for question in questions:
        assert faults(question, where) == []


@ALL
def test_students_of_other_seeds_get_other_questions(lesson: Lesson) -> None:
    where = scene()
    for stage in Stage:
        texts = {tuple(one.text for one in lesson.questions(where, str(seed), stage)) for seed in range(6)}
        assert len(texts) > 1


@ALL
def test_what_is_revealed_lies_on_the_picture_of_a_page_that_is_there(lesson: Lesson) -> None:
    where = scene()
    for question in asked(lesson, where, "student"):
        assert (question.screen.page or lesson.page) in PAGES
        for answer in (question.right, question.wrong[0].answer):
            marks = question.reveal(answer)
            assert marks[: len(question.shown)] == question.shown
            truth, guess = ([m.box for m in marks if m.role is role] for role in (Role.TRUTH, Role.GUESS))
            assert len(truth) == len(guess) or not guess or isinstance(question.form, ChooseSome)
            assert (truth == guess) == (answer == question.right) or not truth
        assert not any(mark.role is Role.GUESS for mark in question.reveal(None))


def test_every_wrong_order_of_the_stages_is_told_why() -> None:
    order = BUILT_IN[0].questions(scene(), "student")[0]
    reasons = Counter(order.mistake(list(keys)) for keys in permutations(order.right))
    assert reasons.pop(None) == 1
    assert set(reasons) == set(order.wrong)
    # Five others may stand first; one of these orders is the backward one.
    assert reasons[order.wrong[1]] == 5 * 120 - 1


@pytest.mark.parametrize("detector", EMBEDDED)
def test_every_anchor_is_the_right_one_or_told_why_not(detector: str) -> None:
    where = scene("fog", detector)
    pick = BUILT_IN[3].questions(where, "student")[0]
    fitting = where.trace.match(torch.tensor([pick.marks[0].box])).iou
    for anchor in range(0, len(fitting), 97):
        place = list(where.trace.anchors.place(anchor))
        assert pick.is_right(place) == bool(fitting[anchor] >= 0.95 * fitting.max())
        assert bool(pick.mistake(place)) != pick.is_right(place)


def test_numbers_and_names_are_used_once() -> None:
    for field in ("number", "name", "title"):
        values = [getattr(lesson, field) for lesson in BUILT_IN]
        assert len(set(values)) == len(values)
    assert [lesson.number for lesson in BUILT_IN] == sorted(lesson.number for lesson in BUILT_IN)
