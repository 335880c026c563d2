"""What two views find differently: every detection counted once, partners as documented, sums that add up."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from torchvision.ops import box_iou

from frcnn_viz.analysis.comparison import (
    PARTNER_IOU,
    Difference,
    Found,
    Pair,
    compare_detections,
    found_by_one,
    totals,
)
from frcnn_viz.analysis.examination import Examination
from frcnn_viz.analysis.false_alarms import FalseAlarm, Mistake
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.comparison import NAMES, difference_layers, differences_table, totals_table

SAME, MOVED, RESCORED, ONLY_A, ONLY_B = Difference


def found(*rows: tuple[tuple[float, float, float, float], float, str]) -> Found:
    boxes, scores, names = zip(*rows, strict=True) if rows else ((), (), ())
    return Found(torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4), torch.tensor(scores), names)


A = found(
    ((0, 0, 100, 100), 0.9, "car"),
    ((200, 0, 300, 100), 0.8, "car"),
    ((0, 200, 100, 300), 0.7, "ball"),
    ((400, 400, 500, 500), 0.6, "bird"),
    ((600, 0, 700, 100), 0.5, "car"),
)
B = found(
    ((0, 0, 100, 100), 0.9005, "car"),  # the same: less than 0.001 between the scores
    ((200, 0, 300, 80), 0.8, "car"),  # moved: IoU 0.8
    ((0, 200, 100, 300), 0.4, "ball"),  # rescored
    ((400, 400, 500, 449), 0.6, "bird"),  # IoU 0.49: another find
    ((600, 0, 700, 100), 0.5, "ball"),  # of another class: another find
)


def test_each_kind_by_its_rule() -> None:
    pairs = compare_detections(A, B)
    assert [(pair.difference, pair.a, pair.b) for pair in pairs] == [
        (SAME, 0, 0),
        (MOVED, 1, 1),
        (RESCORED, 2, 2),
        (ONLY_A, 3, None),
        (ONLY_A, 4, None),
        (ONLY_B, None, 3),
        (ONLY_B, None, 4),
    ]
    assert [pair.iou for pair in pairs] == pytest.approx([1, 0.8, 1, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("right", "score", "kind"),
    [
        (1999.0, 0.5, SAME),  # IoU 0.9995
        (1997.0, 0.5, MOVED),  # IoU 0.9985
        (1997.0, 0.1, MOVED),  # whatever its score
        (2000.0, 0.5009, SAME),
        (2000.0, 0.5011, RESCORED),
        (1000.0, 0.5, MOVED),  # IoU 0.5 is a partner still
        (999.0, 0.5, ONLY_A),
    ],
)
def test_where_the_kinds_end(right: float, score: float, kind: Difference) -> None:
    pairs = compare_detections(found(((0, 0, 2000, 100), 0.5, "car")), found(((0, 0, right, 100), score, "car")))
    assert pairs[0].difference is kind
    assert len(pairs) == 1 + (kind is ONLY_A)


def test_the_pair_that_overlaps_most_comes_first() -> None:
    a = found(((0, 0, 100, 100), 0.9, "car"), ((0, 0, 100, 90), 0.8, "car"))
    b = found(((0, 0, 100, 88), 0.7, "car"))
    assert [(pair.a, pair.b) for pair in compare_detections(a, b)] == [(0, None), (1, 0)]


def test_of_equal_overlaps_the_first_are_paired() -> None:
    box = (0.0, 0.0, 10.0, 10.0)
    a, b = found((box, 0.9, "car"), (box, 0.8, "car")), found((box, 0.9, "car"), (box, 0.8, "car"), (box, 0.1, "car"))
    assert compare_detections(a, b) == [
        Pair(SAME, 0, 0, 1.0),
        Pair(SAME, 1, 1, 1.0),
        Pair(ONLY_B, None, 2),
    ]


def test_nothing_beside_something() -> None:
    assert compare_detections(found(), found()) == []
    assert [pair.difference for pair in compare_detections(A, found())] == [ONLY_A] * 5
    assert [pair.difference for pair in compare_detections(found(), B)] == [ONLY_B] * 5


boxes = some.tuples(*[some.integers(0, 6)] * 2, *[some.integers(1, 4)] * 2).map(
    lambda of: (10.0 * of[0], 10.0 * of[1], 10.0 * (of[0] + of[2]), 10.0 * (of[1] + of[3]))
)
views = some.lists(some.tuples(boxes, some.floats(0, 1), some.sampled_from(["car", "ball"])), max_size=12).map(
    lambda rows: found(*rows)
)


@given(views, views)
def test_every_detection_is_in_one_pair_and_the_other_way_round_says_the_same(a: Found, b: Found) -> None:
    pairs = compare_detections(a, b)
    assert sorted(pair.a for pair in pairs if pair.a is not None) == list(range(len(a.names)))
    assert sorted(pair.b for pair in pairs if pair.b is not None) == list(range(len(b.names)))
    iou = box_iou(a.boxes_in_image, b.boxes_in_image)
    for pair in pairs:
        if pair.a is not None and pair.b is not None:
            assert pair.iou == float(iou[pair.a, pair.b]) >= PARTNER_IOU
            assert a.names[pair.a] == b.names[pair.b]
    alone = [(pair.a, pair.b) for pair in pairs if pair.difference in (ONLY_A, ONLY_B)]
    rows, columns = ([at for pair in alone for at in pair[n : n + 1] if at is not None] for n in (0, 1))
    left = [iou[row, column] for row in rows for column in columns if a.names[row] == b.names[column]]
    assert all(overlap < PARTNER_IOU for overlap in left), "two that are left could be partners"
    back = compare_detections(b, a)
    assert len(back) == len(pairs)
    assert sorted(pair.iou for pair in back) == sorted(pair.iou for pair in pairs)


def test_layers_and_table_of_the_same_pairs() -> None:
    pairs, sides = compare_detections(A, B), {"a": A, "b": B}
    (of_a, lost), (of_b, gained) = (difference_layers(sides, pairs, side) for side in sides)
    assert of_a.legend == of_b.legend
    assert of_a.groups.tolist() == [0, 1, 2, 3, 3]
    assert of_b.groups.tolist() == [0, 1, 2, 4, 4]
    assert torch.equal(gained.boxes_in_image, A.boxes_in_image[3:])
    assert torch.equal(lost.boxes_in_image, B.boxes_in_image[3:])
    assert gained.legend[0][0] == "only in A"
    assert of_a.columns["score in B"].tolist() == pytest.approx([0.9005, 0.8, 0.4, 0, 0])
    rows = [tuple(row.values()) for row in differences_table(sides, pairs)]
    assert rows == [
        ("bird", "only in A", "0.6000", "", ""),
        ("car", "only in A", "0.5000", "", ""),
        ("bird", "only in B", "", "0.6000", ""),
        ("ball", "only in B", "", "0.5000", ""),
        ("car", "moved", "0.8000", "0.8000", "0.8000"),
        ("ball", "rescored", "0.7000", "0.4000", "1.0000"),
        ("car", "the same", "0.9000", "0.9005", "1.0000"),
    ]


def test_differences_are_called_as_in_the_word_list() -> None:
    assert {kind: kind.value for kind in Difference} == NAMES


def examined(verdicts: list[Verdict], alarms: list[Mistake], boxes: list[list[float]]) -> Examination:
    count = len(boxes)
    return Examination(
        tuple(Finding(verdict, "") for verdict in verdicts),
        torch.zeros(len(verdicts), 1),
        torch.ones(len(verdicts)),
        tuple(FalseAlarm(n, mistake, None, 0.0) for n, mistake in enumerate(alarms)),
        torch.tensor(boxes).reshape(-1, 4),
        torch.ones(count, dtype=torch.int64),
        torch.linspace(0.9, 0.5, count),
        torch.zeros(count, dtype=torch.bool),
        {},
    )


FOUND, MISSED, CUT = Verdict.FOUND, Verdict.FINAL_NMS, Verdict.UNDER_SCORE
CAR = [0.0, 0.0, 50.0, 50.0]


def test_objects_that_one_finds_with_what_became_of_them_in_the_other() -> None:
    a = [examined([FOUND, MISSED, FOUND], [], []), examined([CUT], [], [])]
    b = [examined([FOUND, FOUND, CUT], [], []), examined([FOUND], [], [])]
    only_a, only_b = found_by_one(a, b)
    assert [(image, number, its.verdict) for image, number, its in only_a] == [(0, 2, CUT)]
    assert [(image, number, its.verdict) for image, number, its in only_b] == [(0, 1, MISSED), (1, 0, CUT)]
    assert found_by_one(b, a) == (only_b, only_a)
    assert found_by_one(a, a) == ([], [])


def test_totals_of_both_and_their_change() -> None:
    truth = GroundTruth(torch.tensor([CAR]), ("car",))
    finds = examined([FOUND], [Mistake.BACKGROUND], [CAR])
    misses = examined([MISSED], [], [])
    a = totals([truth, truth], [finds, misses], ("background", "car"))
    b = totals([truth, truth], [finds, finds], ("background", "car"))
    assert (a.found, a.missed, a.false_alarms) == (1, 1, 1)
    assert a.mistakes == {**dict.fromkeys(Mistake, 0), Mistake.BACKGROUND: 1}
    assert a.coco["AP50"] == pytest.approx(51 / 101)  # precision 1 up to recall 0.5, of COCO's 101 points
    assert b.coco["AP50"] == pytest.approx(1)
    rows = {row["figure"]: tuple(row.values())[1:] for row in totals_table(a, b)}
    assert rows["objects found"] == ("1", "2", "+1")
    assert rows["objects missed"] == ("1", "0", "-1")
    assert rows["false alarms"] == ("1", "2", "+1")
    assert rows["background"] == ("1", "2", "+1")
    assert rows["duplicate"] == ("0", "0", "")
    assert rows["AP50"] == ("0.505", "1.000", "+0.495")


def test_without_objects_there_is_no_average_precision() -> None:
    nothing = GroundTruth(torch.zeros(0, 4), ())
    a = totals([nothing], [examined([], [Mistake.BACKGROUND], [CAR])], ("background", "car"))
    assert a.coco == {}
    assert totals_table(a, replace(a, found=3))[-1] == {"figure": "AP75", "A": "none", "B": "none", "change": ""}
