"""A student's file: what is in it, what it is worth, and that no file does harm."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from frcnn_viz.lessons import Stage
from frcnn_viz.lessons.grade import Grade, grade
from frcnn_viz.lessons.record import MOST_BYTES, Record, RecordError, Row, Try, open_row
from frcnn_viz.lessons.shelf import BUILT_IN
from frcnn_viz.models.registry import ModelError
from tests.lessons.scenes import scene

WRONG = Try([1], 1.0, 2.0, False, "counted cells, not anchors")
RIGHT = replace(WRONG, right=True, reason="")


@cache
def student(pick: str, seed: str = "student") -> Record:
    """One who goes through all lessons, giving each time the right answer or the first known wrong one, then it."""
    record, where = Record("Ada", seed), scene()
    for lesson in BUILT_IN:
        for stage in Stage:
            for question in (one.settled() for one in lesson.questions(where, seed, stage)):
                row = open_row(lesson.name, stage, question, where)
                answers = [question.right] if pick == "right" else [question.wrong[0].answer, question.right]
                for n, answer in enumerate(answers):
                    row = row.answered(question, answer, 1.7e9 + n, 12.5)
                record = record.keep(row)
    return record


@pytest.mark.parametrize("pick", ["right", "wrong"])
def test_a_file_holds_all_and_is_graded_as_the_page_did(pick: str) -> None:
    record = student(pick)
    read = Record.from_json(record.to_json())
    assert read == record
    graded = grade(read, BUILT_IN, lambda row: scene(row.picture, row.detector))
    assert len(graded) == len(record.rows) >= 2 * len(BUILT_IN)
    for one, row in zip(graded, record.rows, strict=True):
        assert (one.problem, one.agrees, one.row) == ("", True, row)
        assert one.solution
        assert one.score == pytest.approx(1.0 if pick == "right" else 2 / 3)
        assert len(one.reasons) == (pick == "wrong")


def graded_alone(**changes: object) -> Grade:
    record = student("right")
    row = replace(record.rows[0], **changes)
    (one,) = grade(replace(record, rows=(row,)), BUILT_IN, open_or_say)
    return one


def open_or_say(row: Row) -> Any:
    if row.detector == "mine":
        raise ModelError("there is no detector 'mine'.")
    return scene(row.picture, row.detector)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"lesson": "mine"}, "There is no lesson 'mine' here"),
        ({"question": "mine"}, "has no question 'mine'"),
        ({"picture": "fog"}, "The picture 'fog' is another here"),
        ({"fingerprint": "0" * 64}, "has other weights here"),
        ({"detector": "mine"}, "there is no detector 'mine'."),
    ],
)
def test_what_cannot_be_judged_is_told_in_a_sentence(changes: dict[str, str], told: str) -> None:
    one = graded_alone(**changes)
    assert told in one.problem
    assert one.score is None


def test_answers_that_were_written_into_a_file_as_right_are_judged_again() -> None:
    forged = Try(["place"] * 6, 1.0, 1.0, True)
    assert graded_alone(tries=(forged,)).score == 0.0
    order = student("wrong").rows[0]
    claimed = graded_alone(tries=(replace(order.tries[0], right=True, reason=""),))
    assert (claimed.score, claimed.agrees) == (0.0, False)
    assert claimed.reasons == (order.tries[0].reason,)


@pytest.mark.parametrize(
    ("tries", "hints", "score"),
    [
        ((), 0, 0),
        ((RIGHT,), 0, 1),
        ((RIGHT,), 1, 2 / 3),
        ((RIGHT,), 2, 1 / 3),
        ((WRONG, RIGHT), 0, 2 / 3),
        ((WRONG, RIGHT), 1, 2 / 3),
        ((WRONG, WRONG, RIGHT), 2, 1 / 3),
        ((WRONG, WRONG, WRONG), 0, 0),
    ],
)
def test_each_wrong_answer_or_hint_takes_a_third(tries: tuple[Try, ...], hints: int, score: float) -> None:
    row = Row("count", Stage.PREDICT, "level", "fog", "", "street-fpn", "", hints=hints, tries=tries)
    assert row.score == pytest.approx(score)
    assert row.is_done == (RIGHT in tries or len(tries) == 3)


def test_what_is_done_stays_as_it_is() -> None:
    where = scene()
    question = BUILT_IN[2].questions(where, "7")[0]
    row = open_row("count", Stage.PREDICT, question, where).answered(question, question.right, 1.0, 1.0)
    assert row.answered(question, question.wrong[0].answer, 2.0, 2.0) == row
    hinted = row.hinted().hinted().hinted()
    assert hinted.hints == 2
    record = Record().keep(row).keep(hinted)
    assert record.rows == (hinted,)
    assert record.find("count", Stage.PREDICT, question.name) == hinted
    assert record.find("count", Stage.TRANSFER, question.name) is None


def content(**changes: object) -> dict[str, Any]:
    row = Row("count", Stage.PREDICT, "level", "fog", "ab", "street-fpn", "cd", tries=(WRONG,))
    return {**json.loads(Record(rows=(row,)).to_json()), **changes}


def with_row(**changes: object) -> dict[str, Any]:
    return content(rows=[{**content()["rows"][0], **changes}])


def with_try(**changes: object) -> dict[str, Any]:
    return with_row(tries=[{**content()["rows"][0]["tries"][0], **changes}])


@pytest.mark.parametrize(
    "hostile",
    [
        [],
        {},
        content(lessons=2),
        content(student=5),
        content(student="x" * 201),
        content(rows={"a": 1}),
        content(rows=[content()["rows"][0]] * 2),
        content(rows=[{**content()["rows"][0], "question": str(n)} for n in range(501)]),
        with_row(stage="done"),
        with_row(hints=3),
        with_row(hints=True),
        with_row(random="no"),
        with_row(settings=[]),
        with_row(settings={"min_size": 5}),
        with_row(settings={"anchor_sizes": "1" * 2001}),
        with_row(tries=content()["rows"][0]["tries"] * 4),
        with_try(answer=None),
        with_try(answer=[[1]]),
        with_try(answer=[0] * 101),
        with_try(answer=[float("nan")]),
        with_try(answer=[float("inf")]),
        with_try(at=-1),
        with_try(seconds=1e300),
        with_try(right=1),
        with_try(reason="x" * 201),
    ],
)
def test_files_that_are_none_are_refused(hostile: Any) -> None:
    with pytest.raises(RecordError, match=r"^ada\.json is no record of lessons"):
        Record.from_json(json.dumps(hostile).encode(), "ada.json")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b'{"lessons": 1'])
def test_files_that_are_no_json_are_refused(content: bytes) -> None:
    with pytest.raises(RecordError, match="no record"):
        Record.from_json(content)


def test_files_that_are_too_large_are_not_read() -> None:
    with pytest.raises(RecordError, match="at most 2,000,000"):
        Record.from_json(b" " * (MOST_BYTES + 1))


def test_what_a_visitor_can_do_is_read_again() -> None:
    numbers = Record.from_json(json.dumps(with_try(answer=[10**300])).encode())
    assert numbers.rows[0].tries[0].answer == [10**300]
    many = tuple(tuple(float(size) + 0.125 for size in range(100, 116)) for _ in range(5))
    where = scene().at(anchor_sizes=many)
    row = open_row("count", Stage.PREDICT, BUILT_IN[2].questions(scene(), "7")[0], where)
    named = Record("Ada\x00\n Lovelace " * 20, " \t", (row,))
    assert (named.student[:12], len(named.student), named.seed) == ("Ada Lovelace", 60, "0")
    assert Record.from_json(named.to_json()) == named
