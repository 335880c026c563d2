"""Grading of a class: students' files judged again, what each student scored, and which mistakes were common."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from frcnn_viz.data.annotations import DataError, clean_class
from frcnn_viz.data.bounds import clean_name
from frcnn_viz.lessons.grade import Ask, Grade, grade
from frcnn_viz.lessons.lesson import Lesson
from frcnn_viz.lessons.record import MOST_BYTES, Record, RecordError, Row
from frcnn_viz.lessons.scene import Scene

MOST_FILES = 5000
"""Of a folder."""
MOST_SCENES = 100
"""Pictures at settings, in one student's file."""
REMEMBERED = 64
"""Askings of a lesson; a class with one seed is asked the same."""


@dataclass(frozen=True)
class Student:
    """One student's file, judged again.

    Attributes:
        file: its path within the folder. record: as it is. grades: of each row, in its order.
    """

    file: str
    record: Record
    grades: tuple[Grade, ...]

    @property
    def judged(self) -> tuple[Grade, ...]:
        """Those without a problem; of the others nothing is known but what the file says."""
        return tuple(one for one in self.grades if not one.problem)

    @property
    def points(self) -> float:
        """The sum of all scores; what cannot be judged adds nothing."""
        return sum(one.score or 0.0 for one in self.grades)


@dataclass(frozen=True)
class Mistake:
    """A known mistake, and who made it.

    Attributes:
        lesson: its name. reason: what was done wrong, in a few words.
        made: the students who made it. mended: those of them who then gave the right answer wherever they made it.
    """

    lesson: str
    reason: str
    made: tuple[Student, ...]
    mended: tuple[Student, ...]


@dataclass(frozen=True)
class Gradebook:
    """A class.

    Attributes:
        students: in the order of their files. broken: a sentence for each file that is no student's.
    """

    students: tuple[Student, ...]
    broken: tuple[str, ...]

    @property
    def mistakes(self) -> list[Mistake]:
        """What most students did first; then by lesson and reason."""
        made: defaultdict[tuple[str, str], dict[int, bool]] = defaultdict(dict)  # by the student's place: mended
        for place, student in enumerate(self.students):
            for one in student.judged:
                for reason in one.reasons:
                    mended = made[one.row.lesson, reason]
                    mended[place] = mended.get(place, True) and one.row.is_right
        return [
            Mistake(
                *pair,
                tuple(self.students[place] for place in mended),
                tuple(self.students[place] for place, is_right in mended.items() if is_right),
            )
            for pair, mended in sorted(made.items(), key=lambda item: (-len(item[1]), item[0]))
        ]


def files_of(folder: Path) -> list[Path]:
    """Every `*.json` file in a folder and the folders in it, sorted.

    Raises:
        DataError: there is no such folder, no such file in it, or too many.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; name the one that holds the students' files.")
    found = [Path(at, name) for at, _, names in os.walk(folder) for name in names if name.lower().endswith(".json")]
    if not 0 < len(found) <= MOST_FILES:
        raise DataError(f"{folder} holds {len(found):,} .json files; 1 to {MOST_FILES:,} can be graded.")
    return sorted(found)


def grade_files(
    folder: Path, files: Iterable[Path], lessons: Iterable[Lesson], open_scene: Callable[[Row], Scene]
) -> Gradebook:
    """Judge the answers of a class again.

    Args:
        folder: which names are told from.
        files: of `files_of`; they are taken one by one.
        lessons: those that can be graded.
        open_scene: as `grade` takes it; best one that remembers, as `shared_opener` makes it.
    """
    lessons, ask = tuple(lessons), lru_cache(REMEMBERED)(Lesson.questions)
    students, broken = [], []
    for path in files:
        name = clean_name(path.relative_to(folder).as_posix(), 200)
        try:
            record = Record.from_json(_content(path, name), name)
        except RecordError as error:
            broken.append(str(error))
            continue
        students.append(judge(name, record, lessons, open_scene, ask))
    return Gradebook(tuple(students), tuple(broken))


def judge(
    file: str,
    record: Record,
    lessons: Iterable[Lesson],
    open_scene: Callable[[Row], Scene],
    ask: Ask = Lesson.questions,
) -> Student:
    """One student's answers judged again; the rows may be about so many scenes alone. Else as `grade`."""
    return Student(file, record, tuple(grade(record, lessons, _few(open_scene), ask)))


def claimed(file: str, record: Record) -> Student:
    """The same as the file says of itself."""
    return Student(file, record, tuple(Grade(row, row.score) for row in record.rows))


def rows_of(student: Student, lessons: Iterable[Lesson]) -> Iterator[dict[str, Any]]:
    """What a student did with each lesson, in the order of the lessons; then with those that are not here."""
    order = [lesson.name for lesson in lessons]
    names = dict.fromkeys(one.row.lesson for one in student.grades)
    for name in sorted(names, key=lambda name: order.index(name) if name in order else len(order)):
        grades = [one for one in student.grades if one.row.lesson == name]
        judged = [one for one in student.judged if one.row.lesson == name]
        reasons = Counter(reason for one in judged for reason in one.reasons)
        yield {
            "file": student.file,
            "student": student.record.student,
            "seed": student.record.seed,
            "lesson": clean_class(name),
            "points": round(sum(one.score or 0.0 for one in grades), 3),
            "questions": len(grades),
            "right": sum(one.row.is_right for one in judged),
            "right_at_once": sum(bool(one.row.tries) and one.row.tries[0].right for one in judged),
            "hints": sum(one.row.hints for one in grades),
            "minutes": round(sum(one.row.tries[-1].seconds for one in grades if one.row.tries) / 60, 1),
            "mistakes": "; ".join(f"{reason} ({n})" if n > 1 else reason for reason, n in reasons.items()),
            "told_otherwise": sum(not one.agrees for one in grades),
            "problems": " ".join(dict.fromkeys(one.problem for one in grades if one.problem)),
        }


COLUMNS = (
    *("file", "student", "seed", "lesson", "points", "questions", "right", "right_at_once", "hints", "minutes"),
    *("mistakes", "told_otherwise", "problems"),
)
"""Of `rows_of`. `questions` are those that were opened, `told_otherwise` those that the file says something else of."""


def _content(path: Path, name: str) -> bytes:
    try:
        if not path.is_file():
            raise RecordError(f"{name} is no file; take it out of the folder.")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RecordError(f"{name} cannot be read ({error.strerror}); download it again.") from error


def _few(open_scene: Callable[[Row], Scene]) -> Callable[[Row], Scene]:
    """`open_scene` for one file, whose rows may be about so many scenes alone."""
    seen: set[tuple] = set()

    def opened(row: Row) -> Scene:
        seen.add((row.picture, row.detector, row.random, *sorted(row.settings.items())))
        if len(seen) > MOST_SCENES:
            raise DataError(f"The file is about more than {MOST_SCENES} pictures and settings; these are not judged.")
        return open_scene(row)

    return opened
