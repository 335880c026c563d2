"""All lessons: those of the program in their order, then a teacher's own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from frcnn_viz.lessons.lesson import Lesson, LessonError
from frcnn_viz.lessons.syllabus import (
    count,
    delta,
    first_nms,
    fit,
    follow,
    labels,
    losses,
    lost,
    mend,
    objectness,
    overfit,
    pooling,
    precision,
    resize,
    second_nms,
    softmax,
)

BUILT_IN: tuple[Lesson, ...] = (
    follow.LESSON,
    resize.LESSON,
    count.LESSON,
    fit.LESSON,
    delta.LESSON,
    objectness.LESSON,
    first_nms.LESSON,
    pooling.LESSON,
    softmax.LESSON,
    second_nms.LESSON,
    labels.LESSON,
    losses.LESSON,
    lost.LESSON,
    mend.LESSON,
    precision.LESSON,
    overfit.LESSON,
)
MOST_FILES = 100
"""Of a teacher's folder."""


@dataclass(frozen=True)
class Shelf:
    """The lessons there are.

    Attributes:
        lessons: in their order. broken: a sentence for each file that is no lesson.
    """

    lessons: tuple[Lesson, ...] = BUILT_IN
    broken: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Lesson]:
        return iter(self.lessons)

    @property
    def own(self) -> tuple[Lesson, ...]:
        """The teacher's."""
        return tuple(lesson for lesson in self.lessons if lesson not in BUILT_IN)

    def find(self, name: str) -> Lesson | None:
        """The lesson of that name; None where there is none."""
        return next((lesson for lesson in self.lessons if lesson.name == name), None)


def with_folder(folder: Path) -> Shelf:
    """The program's lessons and those of a folder's `*.py` files, which are run: it must be the teacher's own.

    Args:
        folder: or one such file.

    Raises:
        LessonError: there is no such folder, or too much in it.
    """
    if not folder.exists():
        raise LessonError(f"{folder} is not there; check the path.")
    if not folder.is_dir() and not (folder.is_file() and folder.suffix == ".py"):
        raise LessonError(f"{folder} is no lesson; name a .py file with a `LESSON`, or a folder of such files.")
    found = folder.glob("*.py") if folder.is_dir() else [folder]
    paths = sorted(path for path in found if path.name != "__init__.py")
    if len(paths) > MOST_FILES:
        raise LessonError(f"{folder} holds {len(paths)} .py files; at most {MOST_FILES} lessons can be read from one.")
    lessons, broken = list(BUILT_IN), []
    for path in paths:
        try:
            lesson = read_lesson(path)
            if taken := next((one for one in lessons if one.name == lesson.name), None):
                raise LessonError(f"{path.name}: there is a lesson {taken.name!r} already; give it another name.")
            lessons.append(lesson)
        except LessonError as error:
            broken.append(str(error))
    return Shelf(tuple(sorted(lessons, key=lambda lesson: lesson.number)), tuple(broken))


def read_lesson(path: Path) -> Lesson:
    """The `LESSON` of a file, which is run.

    Raises:
        LessonError: it cannot be run, or holds no lesson.
    """
    name = f"frcnn_viz_lesson_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever a teacher's code may raise
        told = f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else f"{error!r:.200}"
        raise LessonError(f"{path.name} cannot be run ({told}); mend it.") from error
    lesson = getattr(module, "LESSON", None)
    if not isinstance(lesson, Lesson):
        raise LessonError(f"{path.name} holds no `LESSON = Lesson(...)`; add it.")
    return lesson
