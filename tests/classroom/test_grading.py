"""The answers of a class are judged again as their own workspaces have it, and can be stopped."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from frcnn_viz.classroom.grading import book_of, grade_anew, is_graded
from frcnn_viz.classroom.register import Register, Visitor
from frcnn_viz.data.samples import sample_picture
from frcnn_viz.data.tenant import Tenant, acting_as
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.lessons import Stage
from frcnn_viz.lessons.gradebook import Student
from frcnn_viz.lessons.opening import open_picture
from frcnn_viz.lessons.record import Record, Row, open_row
from frcnn_viz.lessons.scene import Scene
from frcnn_viz.lessons.shelf import BUILT_IN
from frcnn_viz.ui import library
from tests.classroom.pupils import COUNT, answered, class_of, keep
from tests.lessons.scenes import MEMORY, scene


def graded(visitors: list[Visitor]) -> dict[str, Student]:
    return dict(grade_anew(visitors, BUILT_IN, MEMORY, lambda visitor, done, total: None))


def test_a_claim_gives_way_to_what_the_tensors_say(tmp_path: Path) -> None:
    honest = answered(0, -1)
    lie = replace(honest, tries=(replace(honest.tries[0], right=True, reason=""),))
    visitors, _, _ = class_of(tmp_path, Record("Ada", "0", (honest,)), Record("Bob", "0", (lie,)))
    everyone = Register(visitors).look()
    told = book_of(everyone, {})
    assert [one.points for one in told.students] == pytest.approx([2 / 3, 1])
    assert [len(one.made) for one in told.mistakes] == [1]
    judged = graded(everyone)
    book = book_of(everyone, judged)
    assert [one.points for one in book.students] == pytest.approx([2 / 3, 0])
    (mistake,) = book.mistakes
    assert (mistake.lesson, mistake.reason) == (COUNT.name, honest.tries[0].reason)
    assert [one.record.student for one in mistake.made] == ["Ada", "Bob"]
    assert [one.record.student for one in mistake.mended] == ["Ada"]
    assert [grade.agrees for one in book.students for grade in one.grades] == [True, False]


def test_what_was_answered_since_is_as_the_file_says_until_it_is_graded_again(tmp_path: Path) -> None:
    visitors, (one,), _ = class_of(tmp_path, Record("Ada", "0", (answered(0),)))
    register = Register(visitors)
    judged = graded(register.look())
    assert is_graded(register.look()[0], judged)
    keep(one, Record("Ada", "0", (answered(0, -1),)))
    (again,) = register.look()
    assert not is_graded(again, judged)
    assert book_of([again], judged).students == (again.answers.student,)


def test_it_is_stopped_between_two_rows_and_keeps_whom_it_has_done(tmp_path: Path) -> None:
    rows = (answered(-1), answered(-1, picture="first-street"))
    rows = (rows[0], replace(rows[1], stage=Stage.TRANSFER))
    visitors, _, _ = class_of(tmp_path, Record("Ada", "0", rows), Record("Bob", "0", rows))
    seen, kept = [], {}

    def tell(visitor: Visitor, done: int, total: int) -> None:
        seen.append((visitor.number, done, total))
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.update(grade_anew(Register(visitors).look(), BUILT_IN, MEMORY, tell))
    assert seen == [(1, 0, 4), (1, 1, 4), (2, 2, 4), (2, 3, 4)]
    assert [one.record.student for one in kept.values()] == ["Ada"]


def test_each_is_judged_on_the_pictures_of_their_own_workspace(tmp_path: Path) -> None:
    visitors, tenants, _ = class_of(tmp_path, None, None)
    file = io.BytesIO()
    Image.fromarray(to_uint8(sample_picture("fog")[0].pixels)).save(file, "PNG")
    row = own_row(tenants[0], file.getvalue())
    for one in tenants:
        keep(one, Record("", "0", (row,)))
    judged = graded(Register(visitors).look())
    ada, bob = (judged[one.folder.name].grades[0] for one in tenants)
    assert (ada.score, ada.problem) == (1, "")
    assert bob.score is None
    assert "is not in this workspace" in bob.problem


def own_row(one: Tenant, content: bytes) -> Row:
    """A right answer about a picture that a visitor added."""
    with acting_as(one):
        key = library.add(content, "mine.png")
        where = Scene.of(key, *open_picture(key), scene("fog").detector, memory=MEMORY)
    (asked, *_) = COUNT.questions(where, "0")
    return open_row(COUNT.name, Stage.PREDICT, asked, where).answered(asked, asked.right, 1.7e9, 1.0)
