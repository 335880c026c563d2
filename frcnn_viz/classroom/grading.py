"""Judging the answers of a class again, by tensors that are computed now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from frcnn_viz.classroom.register import Visitor
from frcnn_viz.data.samples import SAMPLES
from frcnn_viz.data.tenant import Tenant, acting_as
from frcnn_viz.lessons.gradebook import REMEMBERED, Gradebook, Student, judge
from frcnn_viz.lessons.lesson import Lesson
from frcnn_viz.lessons.opening import shared_opener
from frcnn_viz.lessons.record import Row
from frcnn_viz.lessons.scene import Scene
from frcnn_viz.models.registry import ENTRIES
from frcnn_viz.pipeline.memory import Memory

Opener = Callable[[Row], Scene]


def grade_anew(
    visitors: Sequence[Visitor], lessons: Iterable[Lesson], memory: Memory, tell: Callable[[Visitor, int, int], None]
) -> Iterator[tuple[str, Student]]:
    """Each visitor's key with the answers judged again.

    Args:
        visitors: of the class.
        lessons: those that can be graded.
        memory: for what is computed.
        tell: called before each row with the visitor, the rows done, and of how many. What it raises ends the work.
    """
    lessons, ask = tuple(lessons), lru_cache(REMEMBERED)(Lesson.questions)
    total, done = sum(len(one.answers.student.record.rows) for one in visitors), 0
    for_all = shared_opener(memory=memory)
    for visitor in visitors:
        open_scene = _opener(visitor.one, for_all, shared_opener(memory=memory))

        def opened(row: Row, visitor: Visitor = visitor, open_scene: Opener = open_scene) -> Scene:
            nonlocal done
            tell(visitor, done, total)
            done += 1
            return open_scene(row)

        told = visitor.answers.student
        yield visitor.key, judge(told.file, told.record, lessons, opened, ask)


def book_of(visitors: Iterable[Visitor], graded: Mapping[str, Student]) -> Gradebook:
    """The gradebook of a class: what was judged again where nothing was answered since, else what the files say.

    Args:
        visitors: of the class.
        graded: what `grade_anew` gave, by key.
    """
    visitors = list(visitors)
    students = tuple(graded[one.key] if is_graded(one, graded) else one.answers.student for one in visitors)
    return Gradebook(students, tuple(one.answers.problem for one in visitors if one.answers.problem))


def is_graded(visitor: Visitor, graded: Mapping[str, Student]) -> bool:
    """Whether all that a visitor answered until now was judged again."""
    known = graded.get(visitor.key)
    return known is not None and known.record is visitor.answers.student.record


def _opener(one: Tenant, for_all: Opener, own: Opener) -> Opener:
    """Opens what comes with the program once for the class, and all else in the visitor's own workspace."""

    def opened(row: Row) -> Scene:
        if row.picture in SAMPLES and row.detector in ENTRIES:
            return for_all(row)
        with acting_as(one):
            return own(row)

    return opened
