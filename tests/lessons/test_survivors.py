"""Boxes drawn for a question about NMS have the fates that they have alone, and every wrong subset is told why."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from frcnn_viz.analysis.nms import FINAL, RPN, Court, court_of
from frcnn_viz.lessons import Scene, Stage, iou
from frcnn_viz.lessons.check import run_code
from frcnn_viz.lessons.shelf import Shelf
from frcnn_viz.lessons.survivors import Drawn, draw
from frcnn_viz.models.registry import EMBEDDED
from frcnn_viz.pipeline.results import Fate
from tests.lessons.scenes import scene

LETTERS = "ABCDEFGHIJ"
DETECTORS = pytest.mark.parametrize("detector", EMBEDDED)


def alone(court: Court, rows: list[int]) -> list[str]:
    """NMS in plain loops, of these rows only."""
    kept: list[int] = []
    for row in sorted(rows, key=lambda row: -float(court.scores[row])):
        rivals = [one for one in kept if court.groups[one] == court.groups[row]]
        if all(iou(court.boxes[one], court.boxes[row]) <= court.threshold for one in rivals):
            kept.append(row)
    return [letter for letter, row in zip(LETTERS, rows, strict=False) if row in kept]


@DETECTORS
def test_no_other_box_decides_about_those_that_are_drawn(detector: str) -> None:
    where = scene("football", detector)
    first = [court_of(where.at(rpn_nms_thresh=threshold).trace, RPN) for threshold in (0.7, 0.5)]
    for courts, count in ((first, 10), ([court_of(where.trace, FINAL)], 6)):
        for seed in range(3):
            rows = draw(courts, Random(seed), count)
            assert len(rows) == count
            for court in courts:
                assert Drawn(court, rows).survivors == alone(court, rows)


def test_fewer_are_drawn_where_there_are_fewer() -> None:
    court = court_of(scene().at(rpn_pre_nms_top_n=1, rpn_nms_thresh=1.0).trace, RPN)
    assert 0 < len(draw([court], Random(0), 10)) <= 5


@pytest.mark.parametrize("lesson", ["first_nms", "second_nms"])
def test_every_wrong_subset_is_told_why(lesson: str) -> None:
    question = Shelf().find(lesson).questions(scene(), "student")[0]
    keys = list(question.form.by_key)
    subsets = [list(some) for size in range(len(keys) + 1) for some in combinations(keys, size)]
    told = [question.mistake(subset) for subset in subsets]
    assert [subset for subset, wrong in zip(subsets, told, strict=True) if wrong is None] == [question.right]
    assert {wrong.reason for wrong in told if wrong} == {wrong.reason for wrong in question.wrong}


def fate(where: Scene, candidate: int, threshold: float) -> Fate:
    return Fate(int(where.at(rpn_nms_thresh=threshold).trace.proposals.fate[candidate]))


@DETECTORS
def test_a_box_survives_from_the_asked_threshold_on(detector: str) -> None:
    where = scene("football", detector)
    (question,) = Shelf().find("first_nms").questions(where, "student", Stage.TRANSFER)
    (threshold,), ((_, candidate),) = question.right, question.screen.selected
    assert run_code(question, where) == pytest.approx([threshold])
    below = [fate(where, candidate, at) for at in (0.7, (0.7 + threshold) / 2, threshold - 0.005)]
    above = [fate(where, candidate, at) for at in (threshold + 0.005, (1 + threshold) / 2, 1.0)]
    assert set(below) == {Fate.SUPPRESSED}
    assert Fate.SUPPRESSED not in above
