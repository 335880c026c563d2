"""A class is graded as its pages did; files that do harm are named, and the others graded."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from frcnn_viz.data.annotations import DataError
from frcnn_viz.lessons import Stage
from frcnn_viz.lessons.gradebook import MOST_SCENES, Gradebook, claimed, files_of, grade_files, rows_of
from frcnn_viz.lessons.opening import MOST_SETTINGS, shared_opener
from frcnn_viz.lessons.record import MOST_BYTES, Record, Row, open_row
from frcnn_viz.lessons.shelf import BUILT_IN
from frcnn_viz.ui.controls import SLIDERS
from tests.lessons.scenes import scene

SOME = BUILT_IN[:5]


def student(number: int) -> Record:
    """One who answers by chance, and reads hints by chance."""
    chance, record = Random(number), Record(f"Student {number}", str(number % 3))
    for lesson in SOME:
        for key, stage in zip(("first-street", "fog"), Stage, strict=True):
            where = scene(key)
            for question in lesson.questions(where, record.seed, stage):
                row = open_row(lesson.name, stage, question, where)
                row = row.hinted() if chance.random() < 0.2 else row
                offered = [question.right, *(wrong.answer for wrong in question.wrong)]
                while not row.is_done:
                    row = row.answered(question, chance.choice(offered), 1.7e9, 30.0)
                record = record.keep(row)
    return record


def named(book: Gradebook) -> list[tuple]:
    """Every mistake with the files of those who made it, and of those who mended it."""
    files = lambda students: [student.file for student in students]  # noqa: E731
    return [(one.lesson, one.reason, files(one.made), files(one.mended)) for one in book.mistakes]


def graded(folder: Path) -> Gradebook:
    return grade_files(folder, files_of(folder), BUILT_IN, shared_opener("cpu"))


def test_grading_of_30_files_equals_the_pages(tmp_path: Path) -> None:
    records = [student(number) for number in range(30)]
    for number, record in enumerate(records):
        (tmp_path / f"{number:02}.json").write_bytes(record.to_json())
    book = graded(tmp_path)
    assert book.broken == ()
    assert [one.record for one in book.students] == records
    made: Counter[tuple[str, str]] = Counter()
    for one, record in zip(book.students, records, strict=True):
        assert tuple(grade.row for grade in one.grades) == record.rows
        assert all(grade.agrees and not grade.problem for grade in one.grades)
        assert one.points == pytest.approx(sum(row.score for row in record.rows))
        for row in rows_of(one, BUILT_IN):
            own = [its for its in record.rows if its.lesson == row["lesson"]]
            assert row["points"] == pytest.approx(sum(its.score for its in own), abs=1e-3)
            assert (row["questions"], row["right"]) == (len(own), sum(its.is_right for its in own))
            assert row["right_at_once"] == sum(its.tries[0].right for its in own)
        made.update({(row.lesson, tried.reason) for row in record.rows for tried in row.tries if tried.reason})
    assert {(one.lesson, one.reason): len(one.made) for one in book.mistakes} == made
    assert [len(one.made) for one in book.mistakes] == sorted(made.values(), reverse=True)
    for one in book.mistakes:
        its = [[g.row for g in student.grades if one.reason in g.reasons] for student in one.made]
        right = [all(row.is_right for row in rows if row.lesson == one.lesson) for rows in its]
        assert list(one.mended) == [student for student, is_right in zip(one.made, right, strict=True) if is_right]
    told = Gradebook(tuple(claimed(one.file, one.record) for one in book.students), ())
    assert named(told) == named(book)


def test_files_that_do_harm_are_named_and_the_others_graded(tmp_path: Path) -> None:
    good = student(0)
    deep = tmp_path / "Ada_1"
    deep.mkdir()
    (deep / "Answers.JSON").write_bytes(good.to_json())
    (tmp_path / "a.json").write_bytes(b"[" * 100_000)
    (tmp_path / "b.json").write_bytes(b" " * (MOST_BYTES + 1))
    os.mkfifo(tmp_path / "c.json")
    (tmp_path / "d.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("no record")
    book = graded(tmp_path)
    assert [one.file for one in book.students] == ["Ada_1/Answers.JSON"]
    assert book.students[0].points == pytest.approx(sum(row.score for row in good.rows))
    assert [sentence.split()[0] for sentence in book.broken] == ["a.json", "b.json", "c.json", "d.json"]
    for path in (tmp_path / "notes.txt", tmp_path / "none"):
        with pytest.raises(DataError, match="is no folder"):
            files_of(path)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"min_size": "4096", "max_size": "8192"}, "min_size is 4,096 in this file; answers are judged up to 1,200."),
        ({"rpn_post_nms_top_n": "100000"}, "rpn_post_nms_top_n is 100,000 in this file"),
        ({"aspect_ratios": "|".join(["_".join(["1"] * 16)] * 5), "anchor_sizes": "|".join(["8_9_10"] * 5)}, "48"),
    ],
)
def test_what_would_cost_too_much_is_not_computed(settings: dict[str, str], told: str) -> None:
    row = Row("count", Stage.PREDICT, "level", "fog", "", "street-fpn", "", settings=settings)
    with pytest.raises(ValueError, match=told):
        shared_opener("cpu")(row)


def test_a_file_about_too_many_pictures_is_judged_as_far_as_that(tmp_path: Path) -> None:
    row = Row("count", Stage.PREDICT, "level", "none", "", "street-fpn", "")
    rows = tuple(replace(row, question=str(n), settings={"seed": str(n)}) for n in range(MOST_SCENES + 1))
    (tmp_path / "a.json").write_bytes(Record("=1+1", "0", rows).to_json())
    (one,) = graded(tmp_path).students
    assert [str(MOST_SCENES) in grade.problem for grade in one.grades] == [False] * MOST_SCENES + [True]


def test_what_a_slider_can_do_is_judged() -> None:
    assert {name: most for name, (_, most, _) in SLIDERS.items() if name in MOST_SETTINGS} == {
        name: most for name, most in MOST_SETTINGS.items() if name in SLIDERS
    }


def test_claims_of_rows_that_cannot_be_judged_count_for_nothing(tmp_path: Path) -> None:
    content = json.loads(student(0).to_json())
    for row in content["rows"]:
        row["picture"] = "none"
    (tmp_path / "a.json").write_text(json.dumps(content))
    book = graded(tmp_path)
    assert book.mistakes == []
    assert [(row["points"], row["right"], row["mistakes"]) for row in rows_of(book.students[0], BUILT_IN)] == [
        (0, 0, "")
    ] * len(SOME)
