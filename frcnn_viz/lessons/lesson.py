"""A lesson: text beside the function that computes its questions, and what the picture must have for them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.images import ImageError
from frcnn_viz.lessons.question import Question
from frcnn_viz.lessons.scene import Scene
from frcnn_viz.pipeline.settings import SettingsError

MOST_TRIED = 12
"""Pictures that are looked at for one that a lesson can use."""
MOST_NAME = 30
"""Characters."""


class Stage(StrEnum):
    """Where in a lesson one is: the prediction, or the same idea on another picture."""

    PREDICT = "predict"
    TRANSFER = "transfer"


class CannotAsk(ValueError):
    """A lesson has no question on this picture with this detector. The message is one plain sentence that says why."""


class LessonError(ValueError):
    """A lesson is broken. The message is one plain sentence that names it or its file."""


Ask = Callable[[Scene, random.Random], tuple[Question, ...]]
Need = Callable[[Scene], str]


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        number: its place. name: in links and files. title, goal: for the screen; the goal is what one can do after it.
        page: where the answer is shown.
        ask: the questions on a scene, in their order, the later ones asked once the earlier are done. All that is
            chosen is drawn from the generator that it is given. Raises CannotAsk.
        needs: what a scene must have; each gives the sentence that says what lacks, empty where nothing does.
        transfer: as `ask`, of the second picture; the same questions when None.
    """

    number: int
    name: str
    title: str
    goal: str
    page: str
    ask: Ask
    needs: tuple[Need, ...] = ()
    transfer: Ask | None = None

    def __post_init__(self) -> None:
        if not (self.name.isascii() and self.name.isidentifier() and len(self.name) <= MOST_NAME):
            raise ValueError(f"the name {self.name[:40]!r} is none; give letters, digits and _, at most {MOST_NAME}")

    def questions(self, scene: Scene, seed: str, stage: Stage = Stage.PREDICT) -> tuple[Question, ...]:
        """The questions of a student on a scene: the same wherever they are asked.

        Args:
            scene: picture, detector and settings.
            seed: the student's.
            stage: of the lesson.

        Raises:
            CannotAsk: with the reason.
            LessonError: what the lesson's author wrote fails.
        """
        if lacking := self.lacking(scene):
            raise CannotAsk(lacking)
        drawn = f"{seed}|{self.name}|{stage}|{scene.image.sha256}|{scene.detector.fingerprint}"
        ask = (self.transfer or self.ask) if stage is Stage.TRANSFER else self.ask
        with self._blamed():
            return _questions(ask(scene, random.Random(drawn)))

    def lacking(self, scene: Scene) -> str:
        """What a scene lacks for it, in a sentence; empty where nothing does. Raises as `questions`."""
        with self._blamed():
            return next((sentence for need in self.needs if (sentence := need(scene))), "")

    @contextmanager
    def _blamed(self) -> Iterator[None]:
        """What its author's code raises becomes one of the two errors that callers know."""
        try:
            yield
        except CannotAsk:
            raise
        except SettingsError as error:
            raise CannotAsk(str(error)) from error
        except Exception as error:  # whatever a teacher's code may raise
            raise LessonError(f"the lesson {self.name!r} fails on this picture ({error!r:.200}).") from error

    def find_scene(
        self, keys: Iterable[str], open_scene: Callable[[str], Scene], seed: str, stage: Stage, other_than: str = ""
    ) -> Scene:
        """A picture for a student, drawn by the seed among those that this lesson can use.

        Args:
            keys: of the pictures; the same ones in any order give the same picture.
            open_scene: the scene of a key; a picture whose file cannot be had is passed over.
            seed: the student's.
            stage: of the lesson.
            other_than: the key of a picture that is not to be it, as of the first one for the transfer question.

        Raises:
            CannotAsk: none of those tried can be used; why the last of them cannot.
            LessonError: as `questions`.
        """
        drawn = sorted(set(keys) - {other_than})
        random.Random(f"{seed}|{self.name}|{stage}").shuffle(drawn)
        why = CannotAsk("There is no other picture; add one, or choose another set.")
        for key in drawn[:MOST_TRIED]:
            try:
                scene = open_scene(key)
                self.questions(scene, seed, stage)
            except CannotAsk as error:
                why = error
            except (DataError, ImageError):
                continue
            else:
                return scene
        raise why


def _questions(asked: Any) -> tuple[Question, ...]:
    if not isinstance(asked, tuple) or not asked or not all(isinstance(one, Question) for one in asked):
        raise TypeError("`ask` must return a tuple of questions")
    if len({one.name for one in asked}) < len(asked):
        raise ValueError("two questions have one name")
    return asked
