"""What a student did, as a file to hand in: answers with times and hints, and on what they were given.

The file is hostile until it is read: bounded in bytes, rows and digits, every field checked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from frcnn_viz.data.annotations import clean_class
from frcnn_viz.data.files import as_json
from frcnn_viz.lessons.forms import Answer
from frcnn_viz.lessons.lesson import Stage
from frcnn_viz.lessons.question import Question
from frcnn_viz.lessons.scene import Scene
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.version import __version__

FORMAT = 1
FILE = "lessons.json"
"""Its name in a workspace's folder."""
TRIES = 3
"""Answers to a question; after the last wrong one the solution is shown."""
MOST_BYTES, MOST_ROWS, MOST_PARTS = 2_000_000, 500, 100
MOST_TEXT, MOST_SETTING = 200, 2000
"""Characters; the anchor sizes of many levels are a long text."""
LATEST = 1e11
"""Seconds since 1970: no file is of a later time."""


class RecordError(ValueError):
    """A file is no record of lessons. The message is one plain sentence."""


def lock_of(path: Path, seconds: float) -> FileLock:
    """What a writer of the workspace's record at `path` holds; one waits so long for it."""
    return FileLock(path.with_name(".lessons.lock"), timeout=seconds)


@dataclass(frozen=True)
class Try:
    """One answer to a question.

    Attributes:
        answer: as its form has it. at: seconds since 1970. seconds: since the question was first shown.
        right: whether it was. reason: of the known mistake that it was, else empty.
    """

    answer: Answer
    at: float
    seconds: float
    right: bool
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """All that was done with one question.

    Attributes:
        lesson, stage, question: their names. picture: its key. sha256: of its pixels.
        detector: its name. fingerprint: of its weights. random: whether they are random.
        settings: the scene's that differ from the model's own, as text.
        hints: how many were read. tries: the answers, the first one first.
    """

    lesson: str
    stage: Stage
    question: str
    picture: str
    sha256: str
    detector: str
    fingerprint: str
    random: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    hints: int = 0
    tries: tuple[Try, ...] = ()

    @property
    def key(self) -> tuple[str, Stage, str]:
        """What it is about: lesson, stage and question."""
        return self.lesson, self.stage, self.question

    @property
    def is_right(self) -> bool:
        """Whether the right answer was given."""
        return any(one.right for one in self.tries)

    @property
    def is_done(self) -> bool:
        """Whether nothing more can be answered."""
        return self.is_right or len(self.tries) >= TRIES

    @property
    def score(self) -> float:
        """1 for the first answer without a hint, a third less for each wrong one or hint, whichever are more."""
        rights = [one.right for one in self.tries]
        return max(0, TRIES - max(rights.index(True), self.hints)) / TRIES if any(rights) else 0.0

    def hinted(self) -> Row:
        """The same with one hint more read."""
        return replace(self, hints=min(self.hints + 1, TRIES - 1))

    def answered(self, question: Question, answer: Answer, at: float, seconds: float) -> Row:
        """The same with an answer more, judged by the question; as it was where it is done."""
        if self.is_done:
            return self
        mistake = question.mistake(answer)
        tried = Try(answer, at, seconds, question.is_right(answer), mistake.reason if mistake else "")
        return replace(self, tries=(*self.tries, tried))


@dataclass(frozen=True)
class Record:
    """A student's file.

    Attributes:
        student: the name, as the student wrote it. seed: what pictures and numbers were drawn by. Both on one line,
            at most 60 characters.
        rows: of each question that was opened, in that order. version: of the program that wrote it.
    """

    student: str = ""
    seed: str = "0"
    rows: tuple[Row, ...] = ()
    version: str = __version__

    def __post_init__(self) -> None:
        object.__setattr__(self, "student", clean_class(self.student))
        object.__setattr__(self, "seed", clean_class(self.seed) or "0")

    def find(self, lesson: str, stage: Stage, question: str) -> Row | None:
        """The row of a question; None where it was not opened."""
        return next((row for row in self.rows if row.key == (lesson, stage, question)), None)

    def is_over(self, lesson: str) -> bool:
        """Whether all of a lesson was answered, on both pictures."""
        rows = [row for row in self.rows if row.lesson == lesson]
        return {row.stage for row in rows} == set(Stage) and all(row.is_done for row in rows)

    def keep(self, row: Row) -> Record:
        """The same with a row added, or in the place of the one about the same question."""
        if row.key in (old.key for old in self.rows):
            return replace(self, rows=tuple(row if old.key == row.key else old for old in self.rows))
        return replace(self, rows=(*self.rows, row))

    def to_json(self) -> bytes:
        """The file."""
        return as_json({"lessons": FORMAT, **asdict(self)})

    @classmethod
    def from_json(cls, content: bytes, name: str = "the file") -> Record:
        """The record in a file.

        Raises:
            RecordError: it is too large, or no such file.
        """
        if len(content) > MOST_BYTES:
            raise RecordError(f"{name} has {len(content):,} bytes; a record of lessons has at most {MOST_BYTES:,}.")
        try:
            return _record(json.loads(content))
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
            raise RecordError(f"{name} is no record of lessons, or it is damaged; download it again.") from error


def open_row(lesson: str, stage: Stage, question: Question, scene: Scene) -> Row:
    """The row of a question that is shown for the first time."""
    own = Settings.of(scene.detector.model)
    return Row(
        lesson,
        stage,
        question.name,
        scene.key,
        scene.image.sha256,
        scene.detector.name,
        scene.detector.fingerprint,
        scene.random,
        scene.settings.changes(own),
    )


def _record(content: Any) -> Record:
    if content["lessons"] != FORMAT or len(content["rows"]) > MOST_ROWS:
        raise ValueError(content["lessons"])
    rows = tuple(map(_row, content["rows"]))
    if len({row.key for row in rows}) < len(rows):
        raise ValueError("a question twice")
    return Record(_text(content["student"]), _text(content["seed"]), rows, _text(content["version"]))


def _row(content: Any) -> Row:
    names = ("lesson", "question", "picture", "sha256", "detector", "fingerprint")
    texts = {name: _text(content[name]) for name in names}
    settings = content["settings"]
    if len(settings) > MOST_PARTS or len(content["tries"]) > TRIES:
        raise ValueError("too much in a row")
    return Row(
        **texts,
        stage=Stage(content["stage"]),
        random=_flag(content["random"]),
        settings={_text(name): _text(text, MOST_SETTING) for name, text in settings.items()},
        hints=int(_number(content["hints"], TRIES - 1)),
        tries=tuple(map(_try, content["tries"])),
    )


def _try(content: Any) -> Try:
    at, seconds = _number(content["at"], LATEST), _number(content["seconds"], LATEST)
    return Try(_answer(content["answer"]), at, seconds, _flag(content["right"]), _text(content["reason"]))


def _answer(value: Any) -> Answer:
    """Its shape alone; whether it answers the question, the question's form says."""
    if isinstance(value, str):
        return _text(value)
    if not isinstance(value, list) or len(value) > MOST_PARTS:
        raise ValueError("no answer")
    return [_text(part) if isinstance(part, str) else _number(part, math.inf, -math.inf) for part in value]


def _text(value: Any, most: int = MOST_TEXT) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise ValueError("no text, or too long")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _number(value: Any, high: float, low: float = 0.0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError("no number, or out of range")
    return value if math.isfinite(value) else _number("", 0)
