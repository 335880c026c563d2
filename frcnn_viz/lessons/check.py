"""Proof of a lesson on real pictures: what a teacher wants to know before a class has it."""

from __future__ import annotations

import json
from collections.abc import Iterable

import torch

from frcnn_viz.lessons.forms import AnswerError
from frcnn_viz.lessons.lesson import CannotAsk, Lesson, LessonError, Stage
from frcnn_viz.lessons.question import Question
from frcnn_viz.lessons.scene import Scene

LENGTHS = {"title": 40, "goal": 140}
QUESTION_LENGTHS = {"text": 500, "why": 260}
MOST_HINT, MOST_REASON, MOST_SENTENCE = 200, 50, 200
"""Characters: what stands in the sidebar without scrolling."""


def check(lesson: Lesson, scenes: Iterable[Scene], seeds: Iterable[str] = ("0", "1")) -> list[str]:
    """What is wrong with a lesson, a sentence each; nothing where all holds.

    On every scene the right answer must pass, each known wrong answer be recognised as itself, every answer outlast
    JSON, the same seed give the same question, the code give the right answer, and every text be short enough.

    Args:
        lesson: to be proved.
        scenes: pictures and detectors; those it says it cannot use are passed over, but it must use one.
        seeds: of students.
    """
    told = _lengths(lesson, LENGTHS)
    asked, why, seeds = 0, "no scenes were given", tuple(seeds)
    for scene in scenes:
        for seed, stage in ((seed, stage) for seed in seeds for stage in Stage):
            where = f"on {scene.key} with {scene.detector.name}, seed {seed}, {stage}"
            try:
                questions = lesson.questions(scene, seed, stage)
                again = lesson.questions(scene, seed, stage)
                settled = [question.settled() for question in questions]
            except CannotAsk as error:
                why = str(error)
                continue
            except LessonError as error:
                told.append(f"{where}: {error}")
                continue
            asked += 1
            if [_facts(one) for one in questions] != [_facts(one) for one in again]:
                told.append(f"{where}: asked twice, it differs; draw all that is chosen from the generator.")
            for question in settled:
                told += [f"{where}, question {question.name}: {fault}" for fault in faults(question, scene)]
    if not asked:
        told.append(f"it asked nothing on any of these pictures ({why}).")
    return told


def faults(question: Question, scene: Scene) -> list[str]:
    """What is wrong with one question."""
    told = _lengths(question, QUESTION_LENGTHS)
    told += [
        f"hint {n} has over {MOST_HINT} characters." for n, h in enumerate(question.hints, 1) if len(h) > MOST_HINT
    ]
    if len(question.hints) != 2 or not all(question.hints):
        told.append(f"it has {len(question.hints)} hints; give two.")
    if not question.wrong:
        told.append("it knows no wrong answer here.")
    for wrong in question.wrong:
        if question.mistake(_through_json(question, wrong.answer)) != wrong:
            told.append(f"its wrong answer {wrong.reason!r} is not recognised as that.")
        if not 0 < len(wrong.reason) <= MOST_REASON or not 0 < len(wrong.sentence) <= MOST_SENTENCE:
            told.append(f"the reason {wrong.reason[:60]!r} or its sentence is empty or too long.")
    for right in (question.right, *question.also_right):
        answer = _through_json(question, right)
        if not question.is_right(answer) or question.mistake(answer):
            told.append(f"its right answer {right!r:.80} does not pass.")
    return [*told, *_code_faults(question, scene)]


def run_code(question: Question, scene: Scene) -> object:
    """What the question's code leaves in `answer`, with the settings that the page shows."""
    there = scene.at_text(question.screen.settings)
    names = {"torch": torch, "trace": there.trace, "model": there.detector.model, "image": there.image.tensor}
    with torch.inference_mode():
        exec(question.code, names)
    return names.get("answer")


def _code_faults(question: Question, scene: Scene) -> list[str]:
    if not question.code:
        return []
    try:
        answer = question.read(run_code(question, scene))
    except AnswerError as error:
        return [f"its code leaves no answer: {error}"]
    except Exception as error:  # whatever a teacher's code may raise
        return [f"its code fails with {error!r:.200}"]
    return (
        [] if question.is_right(answer) else [f"its code gives {question.form.words(answer)}, not {question.solution}."]
    )


def _through_json(question: Question, answer: object) -> object:
    return question.read(json.loads(json.dumps(answer)))


def _lengths(of: object, limits: dict[str, int]) -> list[str]:
    texts = {name: getattr(of, name) for name in limits}
    return [
        f"{name} has {len(text)} characters; 1 to {limits[name]} fit."
        for name, text in texts.items()
        if not 0 < len(text) <= limits[name]
    ]


def _facts(question: Question) -> tuple:
    wrong = [(one.answer, one.reason, one.sentence) for one in question.wrong]
    return question.name, question.text, question.right, wrong, question.hints, question.marks, question.screen
