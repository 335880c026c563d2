"""What counts as an answer, and when two are the same; whatever else a browser or a file sends is refused in words."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frcnn_viz.lessons import (
    Alternative,
    AnswerError,
    ChooseOne,
    ChooseSome,
    DrawBox,
    Field,
    GiveNumbers,
    PutInOrder,
    Question,
    Role,
    Wrong,
    iou,
)
from tests.lessons.scenes import scene

LETTERS = tuple(Alternative(letter, f"the {letter}", (0, 0, 10.0 * n, 10)) for n, letter in enumerate("ABC", start=1))
SIZE = GiveNumbers((Field("width", "px", 1), Field("height", "px", 1)))
BOX = DrawBox((0, 0, 10, 10))
FORMS = (SIZE, ChooseOne(LETTERS), ChooseSome(LETTERS), PutInOrder(LETTERS), BOX)


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        (SIZE, [640, 480.5]),
        (ChooseOne(LETTERS), "B"),
        (ChooseSome(LETTERS), []),
        (ChooseSome(LETTERS), ["A", "C"]),
        (PutInOrder(LETTERS), ["C", "A", "B"]),
        (BOX, [1.0, 2.0, 3.0, 4.0]),
    ],
)
def test_an_answer_is_read_as_it_is(form: Any, answer: Any) -> None:
    assert form.read(answer) == answer
    assert form.same(answer, answer)
    assert form.words(answer)


@pytest.mark.parametrize("hostile", [None, True, {}, {"a": 1}, 3, "", "D", [None], [[1, 2]], ["A"] * 2000, [{}] * 4])
@pytest.mark.parametrize("form", FORMS)
def test_anything_else_is_refused_in_one_sentence(form: Any, hostile: Any) -> None:
    with pytest.raises(AnswerError) as refused:
        form.read(hostile)
    assert len(str(refused.value)) < 120
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("numbers", [[1], [1, 2, 3], [1, math.nan], [1, math.inf], [1, -1], [1, 10**400], [1, True]])
def test_numbers_out_of_range_are_none(numbers: list) -> None:
    with pytest.raises(AnswerError):
        SIZE.read(numbers)


@pytest.mark.parametrize("corners", [[0, 0, 0, 9], [9, 0, 0, 9], [0, 0, 9, math.nan], [0, 0, 1e9, 9], ["0", 0, 9, 9]])
def test_boxes_without_an_area_or_off_the_picture_are_none(corners: list) -> None:
    with pytest.raises(AnswerError):
        BOX.read(corners)


def test_orders_hold_each_once() -> None:
    with pytest.raises(AnswerError, match="once"):
        PutInOrder(LETTERS).read(["A", "A", "B"])


def test_some_are_the_same_in_any_order() -> None:
    assert ChooseSome(LETTERS).read(["C", "A", "A"]) == ["A", "C"]


def test_numbers_are_the_same_within_their_tolerance() -> None:
    assert SIZE.same([640, 480], [641, 479])
    assert not SIZE.same([640, 480], [641.1, 480])
    assert not GiveNumbers((Field("how many"),)).same([3], [3.0001])


def test_boxes_are_the_same_from_an_iou_of_nine_tenths() -> None:
    assert iou([0, 0, 10, 10], [0, 0, 10, 9]) == pytest.approx(0.9)  # 90 of 100 px
    assert BOX.same([0, 0, 10, 10], [0, 0, 10, 9.01])
    assert not BOX.same([0, 0, 10, 10], [0, 0, 10, 8.99])


def test_numbers_are_written_as_one_writes_them() -> None:
    assert SIZE.words([1066, 800.25]) == "width 1,066 px, height 800.25 px"
    assert GiveNumbers((Field("how many", "anchors"),)).words([12276]) == "12,276 anchors"
    assert GiveNumbers((Field("how many", "anchors"),)).words([100.0]) == "100 anchors"
    assert ChooseSome(LETTERS).words([]) == "none of them"


def test_anchors_are_picked_by_cell_and_shape() -> None:
    where = scene()
    form, grid = where.anchor_form(), where.trace.anchors
    level, row, column, shape = grid.place(20_000)
    assert form.read([level, row, column, shape]) == [level, row, column, shape]
    ((box, words),) = form.boxes([level, row, column, shape])
    assert box == where.in_image(grid.boxes[20_000])
    assert f"row {row}, column {column}" in words
    rows, columns = grid.grid_sizes[0]
    for hostile in ([5, 0, 0, 0], [-1, 0, 0, 0], [0, rows, 0, 0], [0, 0, columns, 0], [0, 0, 0, 3], [0, 0, 0, 1.0]):
        with pytest.raises(AnswerError):
            form.read(hostile)


LETTER, NUMBER = st.sampled_from("ABCD"), st.integers() | st.floats() | st.floats(-20, 20)
VALUES = LETTER | st.lists(LETTER, max_size=4) | st.lists(NUMBER, max_size=4) | st.lists(LETTER | NUMBER | st.none())


@settings(max_examples=60)
@given(VALUES)
def test_whatever_comes_is_an_answer_or_refused(value: Any) -> None:
    for form in FORMS:
        try:
            answer = form.read(value)
        except AnswerError:
            continue
        assert form.read(json.loads(json.dumps(answer))) == answer
        assert form.same(answer, answer)
        assert form.words(answer)
        assert all(math.isfinite(corner) for box, _ in form.boxes(answer) for corner in box)


def test_choices_are_two_or_more_with_keys_of_their_own() -> None:
    for alternatives in (LETTERS[:1], (LETTERS[0], LETTERS[0])):
        with pytest.raises(ValueError, match="two alternatives"):
            ChooseOne(alternatives)


def question(right: list, *wrong: list, also: tuple = ()) -> Question:
    known = tuple(Wrong(answer, f"reason {n}", f"Sentence {n}.") for n, answer in enumerate(wrong))
    return Question("size", "How large?", SIZE, right, known, ("One.", "Two."), "So.", also_right=also)


def test_wrong_answers_that_are_right_on_this_picture_are_not_known_as_wrong() -> None:
    asked = question([640, 480], [640.5, 480], [480, 640], [480, 639.5], [100, -1], [1, 1], also=([1, 1],))
    assert [wrong.reason for wrong in asked.wrong] == ["reason 1"]  # 0 is right, 2 is 1, 3 is no answer, 4 a tie
    assert asked.mistake([480, 640]).reason == "reason 1"
    assert asked.mistake([640, 480]) is None
    assert asked.mistake([1, 1]) is None
    assert asked.is_right([1, 1])
    assert asked.mistake([7, 7]) is None
    assert not asked.is_right([7, 7])


def test_a_known_mistake_covers_other_answers_of_its_kind() -> None:
    known = (
        Wrong([480, 640], "swapped", "Width comes first.", lambda size: size[0] < size[1]),
        Wrong([400, 500], "upright", "It lies on its side."),  # which the first one covers
        Wrong([20, 20], "square", "It is none.", lambda size: size[0] == size[1]),
    )
    asked = Question("size", "How large?", SIZE, [640, 480], known, ("One.", "Two."), "So.", also_right=([7, 9],))
    assert [one.reason for one in asked.wrong] == ["swapped", "square"]
    assert asked.mistake([3, 4]).reason == "swapped"
    assert asked.mistake([9, 9]).reason == "square"
    assert asked.mistake([7, 9]) is None  # covered, but right
    assert asked.mistake([90, 80]) is None


def test_guess_and_truth_are_shown_on_what_was_shown_before() -> None:
    asked = Question("which", "Which?", ChooseOne(LETTERS), "A", (), ("One.", "Two."), "So.")
    assert [mark.label for mark in asked.shown] == ["the A", "the B", "the C"]
    truth, guess = asked.reveal("C")[3:]
    assert (truth.role, truth.box) == (Role.TRUTH, (0, 0, 10, 10))
    assert (guess.role, guess.box) == (Role.GUESS, (0, 0, 30, 10))
    assert asked.reveal(None)[3:] == (truth,)
