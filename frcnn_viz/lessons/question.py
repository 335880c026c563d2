"""A question with its numbers: what is right, which wrong answers it knows, and what the page shows afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from frcnn_viz.lessons.forms import Answer, AnswerError, Box, Form

Tell = Callable[[int, int, str], None]
"""Told now and then: what is done, of how much, and in words. What it raises ends the work."""


class Role(StrEnum):
    """What a box beside an answer is."""

    GIVEN = "given"
    GUESS = "guess"
    TRUTH = "truth"


@dataclass(frozen=True)
class Mark:
    """A box for the student to look at.

    Attributes:
        box: in pixels of the user's image. label: words at it. role: what it is.
    """

    box: Box
    label: str = ""
    role: Role = Role.GIVEN


@dataclass(frozen=True, eq=False)
class Wrong:
    """A wrong answer that is known, and how one comes to it.

    Attributes:
        answer: as the question's form has it. reason: what was done wrong, in a few words; it names the mistake in
            every table. sentence: the same for the student, with what to think of.
        covers: which other answers come of the same mistake; none when None.
    """

    answer: Answer
    reason: str
    sentence: str
    covers: Callable[[Answer], bool] | None = None


@dataclass(frozen=True)
class Screen:
    """What the page shows when the answer is revealed.

    Attributes:
        page: its name; empty for the lesson's. selected: kind and index of what is chosen there, the last chosen last.
        options: what is chosen on pages, by `page.option`. settings: those that differ from the scene's, as text.
        look: what is set on the page's canvas, in the canvas's own words.
    """

    page: str = ""
    selected: tuple[tuple[str, int], ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    look: str = ""


@dataclass(frozen=True, eq=False)
class Question:
    """A question about one picture.

    Attributes:
        name: within its lesson. text: what is asked, with what one needs to know. form: how it is answered.
        right: the right answer. also_right: others that are as right, as of a tie.
        wrong: the wrong answers it knows, the likeliest first. One that cannot be given, or is the same as a right
            one or as one before it, as it is on some pictures, is left out.
        hints: two. why: the reason of the right answer, in one line. code: Python that ends with `answer = ...`, the
            right one, from `trace`, `model` and `image`; empty where nothing is computed.
        marks: boxes shown with the question. screen: what is shown with the answer.
        looks: an answer as boxes on the picture; as the form has them when None.
        later: where something must run before the answer is known, as a training: gives the same question with its
            answer, at once where it ran before. `right` is None until then, and no wrong answer is known.
    """

    name: str
    text: str
    form: Form
    right: Answer | None
    wrong: tuple[Wrong, ...]
    hints: tuple[str, str]
    why: str
    code: str = ""
    also_right: tuple[Answer, ...] = ()
    marks: tuple[Mark, ...] = ()
    screen: Screen = Screen()
    looks: Callable[[Answer], list[tuple[Box, str]]] | None = None
    later: Callable[[Tell], Question] | None = None

    def __post_init__(self) -> None:
        if self.later:
            return
        object.__setattr__(self, "right", self.form.read(self.right))
        object.__setattr__(self, "also_right", tuple(map(self.form.read, self.also_right)))
        told: list[Wrong] = []
        for wrong in self.wrong:
            try:
                answer = self.form.read(wrong.answer)
            except AnswerError:
                continue
            if not self.is_right(answer) and self._first(told, answer) is None:
                told.append(replace(wrong, answer=answer))
        object.__setattr__(self, "wrong", tuple(told))

    def settled(self, tell: Tell = lambda done, total, words: None) -> Question:
        """The question with its answer; what must run for it runs now. Judge, reveal and explain with this one.

        Raises:
            CannotAsk: what ran gives no answer to tell from the others.
        """
        return self.later(tell) if self.later else self

    def read(self, value: Any) -> Answer:
        """The answer that `value`, from anywhere, is.

        Raises:
            AnswerError: it is none.
        """
        return self.form.read(value)

    def is_right(self, answer: Answer) -> bool:
        """Whether an answer is the right one, or as right."""
        return any(self.form.same(answer, right) for right in (self.right, *self.also_right))

    def mistake(self, answer: Answer) -> Wrong | None:
        """The known wrong answer that this one is; None where it is right, or wrong in another way."""
        if self.is_right(answer):
            return None
        return self._first(self.wrong, answer)

    def _first(self, known: Iterable[Wrong], answer: Answer) -> Wrong | None:
        """The first known wrong answer that an answer is, or is covered by."""
        for wrong in known:
            if self.form.same(answer, wrong.answer) or (wrong.covers and wrong.covers(answer)):
                return wrong
        return None

    @property
    def solution(self) -> str:
        """The right answer in words."""
        return self.form.words(self.right)

    @property
    def shown(self) -> tuple[Mark, ...]:
        """The boxes on the picture while one thinks: the marks, and those that one chooses among."""
        return (*self.marks, *(Mark(box, label) for box, label in self.form.offered))

    def reveal(self, answer: Answer | None) -> tuple[Mark, ...]:
        """Guess and truth on one picture: what was shown with the question, the right answer, and on top the given one.

        Without an answer, as where the solution was asked for, no guess is among them.
        """
        looks = self.looks or self.form.boxes
        truth = [Mark(box, label, Role.TRUTH) for box, label in looks(self.right)]
        guess = [] if answer is None else [Mark(box, label, Role.GUESS) for box, label in looks(answer)]
        return (*self.shown, *truth, *guess)
