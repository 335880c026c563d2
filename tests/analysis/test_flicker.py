"""The flicker table: hand-made frames with a gap of each kind."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from frcnn_viz.analysis.causes import cause
from frcnn_viz.analysis.flicker import by_length, by_margin, flicker_table, gaps
from frcnn_viz.analysis.frames import examine_frame
from frcnn_viz.analysis.margins import Margin, Unit
from frcnn_viz.analysis.sightings import FURTHEST, Cell, FrameRecord, from_json, to_json
from frcnn_viz.analysis.verdicts import MECHANISMS, Verdict
from frcnn_viz.analysis.waterfall import LOST_AT, STAGES
from frcnn_viz.data.ground_truth import GroundTruth
from tests.analysis.captures import CLASSES, capture
from tests.analysis.test_autopsy import CASES, CAT, IS_CAT, NEIGHBOURS, of_case

CAUSES = {
    Verdict.NO_ANCHOR: "Its best anchor, moved or not, fell from 1.00 to 0.00 of IoU, under 0.5 (its size stayed at "
    "40 x 40 pixels).",
    Verdict.MOVED_AWAY: "The RPN moved every anchor off it: the best fell from 1.00 to 0.00 of IoU, under 0.5, though "
    "an anchor overlaps it by 0.90.",
    Verdict.BELOW_TOP_N: "Fell from rank 1 to 2 of the RPN's list, and 1 go on; objectness fell from 0.99 to 0.27.",
    Verdict.RPN_FILTERED: "The likeliest box on it has a side of 40.0 pixels, and 64 are needed (its size stayed at "
    "40 x 40 pixels).",
    Verdict.RPN_NMS: "Suppressed in the RPN's NMS by a box on no object (objectness 1.00, IoU with this one 0.38) "
    "since frame 31: they overlap by 0.25, over 0.2; its own objectness fell from 0.99 to 0.73.",
    Verdict.PROPOSAL_LIMIT: "Came 2nd after the RPN's NMS, and 1 go on as proposals; objectness fell from 0.99 to "
    "0.73.",
    Verdict.REFINED_AWAY: "Refined away: its best refined box fell from 1.00 to 0.23 of IoU, under 0.5; its best "
    "proposal stayed at 1.00.",
    Verdict.BADLY_PLACED: "Found beside its place: its best refined box fell from 1.00 to 0.23 of IoU, under 0.5.",
    Verdict.BACKGROUND: "Score fell from 0.80 to 0.06, under 0.3; that of the background rose from 0.10 to 0.90.",
    Verdict.OTHER_CLASS: "Score fell from 0.80 to 0.10, under 0.3: taken for dog (0.80).",
    Verdict.UNDER_SCORE: "Score fell from 0.80 to 0.50, under 0.6.",
    Verdict.FINAL_NMS: "Suppressed by a cat on no object (score 0.90, IoU with this one 0.38) since frame 31: they "
    "overlap by 0.25, over 0.2; its own score stayed at 0.80.",
    Verdict.DETECTION_LIMIT: "Came 2nd of at most 1 detections; score stayed at 0.80.",
    Verdict.MERGED: "Merged with object neighbour: its own box was suppressed by the cat (object neighbour, score "
    "0.90) since frame 31: they overlap by 0.54, over 0.5.",
    Verdict.SHARED: "Since frame 31 the detection on it counts for object neighbour; the best detection's IoU with it "
    "fell from 1.00 to 0.90.",
}


def record(verdict: Verdict, frame: int, hidden: Sequence[str] = ()) -> FrameRecord:
    """One of the hand-made captures as a frame; the cat is in it, and its neighbour where there is one."""
    boxes, changes = CASES[verdict]
    objects = [NEIGHBOURS[verdict], CAT] if verdict in NEIGHBOURS else [CAT]
    name = "unicorn" if verdict is Verdict.UNKNOWN_CLASS else "cat"
    crowd = torch.tensor([verdict is Verdict.IGNORED] * len(objects))
    truth = GroundTruth(torch.tensor(objects), (name,) * len(objects), crowd=crowd)
    identities = ["neighbour", "cat"][-len(objects) :]
    return examine_frame(capture(boxes, **changes), truth, identities, CLASSES, frame, hidden)


def empty(frame: int, hidden: Sequence[str] = ()) -> FrameRecord:
    trace = capture([{"anchor": CAT, "scores": IS_CAT}])
    return examine_frame(trace, GroundTruth(torch.zeros(0, 4), ()), [], CLASSES, frame, hidden)


@pytest.mark.parametrize("verdict", CASES)
def test_a_frame_says_what_its_autopsy_says(verdict: Verdict) -> None:
    one, finding = record(verdict, 31).of("cat"), of_case(verdict).findings[-1]
    assert (one.verdict, one.sentence) == (finding.verdict, finding.sentence)
    assert (one.find is not None) == (verdict is Verdict.FOUND)
    assert (one.margin is not None) == (verdict in MECHANISMS)
    if verdict in MECHANISMS:
        assert STAGES[one.reached] == LOST_AT[verdict]
        assert one.cell is FURTHEST[LOST_AT[verdict]]


@pytest.mark.parametrize("verdict", CAUSES)
def test_each_kind_of_loss_has_its_sentence_of_both_frames(verdict: Verdict) -> None:
    (gap,) = gaps([record(Verdict.FOUND, 30), record(verdict, 31)])
    assert gap.cause == CAUSES[verdict]
    assert (gap.first, gap.last, gap.frames, gap.before, gap.after) == (31, 31, 1, 30, None)
    numbers = re.findall(r"\d+\.\d\d", of_case(verdict).findings[-1].sentence)
    if gap.margin.unit in (Unit.IOU, Unit.SCORE) and verdict is not Verdict.BACKGROUND:
        assert f"{gap.margin.measured:.2f}" in numbers


def test_every_verdict_of_a_miss_has_a_cause() -> None:
    speck = [20.0, 20.0, 20.009, 20.009]
    trace = capture([{"anchor": CAT, "scores": IS_CAT, "refined": speck}])
    small = examine_frame(trace, GroundTruth(torch.tensor([speck]), ("cat",)), ["cat"], CLASSES, 31)
    assert small.of("cat").verdict is Verdict.BOX_TOO_SMALL
    (gap,) = gaps([record(Verdict.FOUND, 30), small])
    assert gap.cause == "Its refined box has a side of 0.009 pixels (it went from 40 x 40 to 0 x 0 pixels)."
    assert {*CAUSES, Verdict.BOX_TOO_SMALL} == MECHANISMS.keys()
    with pytest.raises(KeyError):
        cause(small.of("cat"), record(Verdict.FOUND, 32).of("cat"), 32)


def test_ranks_are_told_with_the_level_where_it_changes() -> None:
    before = replace(record(Verdict.FOUND, 30).of("cat"), rank=212, level=0, objectness=0.5)
    lost = replace(record(Verdict.BELOW_TOP_N, 31).of("cat"), rank=1340, margin=Margin(Unit.RANK, 1340, 1000))
    told = cause(before, replace(lost, level=0), 31)
    assert told == "Fell from rank 212 to 1,340 of the RPN's list, and 1,000 go on; objectness fell from 0.50 to 0.27."
    assert "from rank 212 of level 0 to 1,340 of level 1 of the RPN's list" in cause(before, replace(lost, level=1), 31)
    assert cause(replace(before, rank=None, objectness=None), lost, 31) == (
        "Came at rank 1,340 of the RPN's list, and 1,000 go on; objectness is 0.27."
    )


def test_small_numbers_are_not_told_as_none() -> None:
    before, lost = record(Verdict.FOUND, 30).of("cat"), record(Verdict.UNDER_SCORE, 31).of("cat")
    assert cause(before, replace(lost, score=0.0023), 31) == "Score fell from 0.80 to 0.0023, under 0.6."
    assert cause(replace(before, score=0.6004), replace(lost, score=0.5996), 31) == (
        "Score fell from 0.6004 to 0.5996, under 0.6."
    )


def test_the_table_and_its_gaps() -> None:
    """Found, lost for two frames, hidden, outside, lost again, found; then lost for good."""
    records = [
        record(Verdict.UNDER_SCORE, 0),
        record(Verdict.FOUND, 1),
        record(Verdict.UNDER_SCORE, 2),
        record(Verdict.FINAL_NMS, 3),
        record(Verdict.UNDER_SCORE, 4, hidden=["cat"]),
        empty(5, hidden=["cat"]),
        empty(6),
        record(Verdict.IGNORED, 7),
        record(Verdict.OTHER_CLASS, 8),
        record(Verdict.FOUND, 9),
        record(Verdict.BELOW_TOP_N, 10),
    ]
    table = flicker_table(records)
    assert (table.identities, table.names, table.frames) == (("cat",), ("cat",), tuple(range(11)))
    assert [Cell(cell) for cell in table.cells[0]] == [
        Cell.REFINED,
        Cell.FOUND,
        Cell.REFINED,
        Cell.SCORED,
        Cell.HIDDEN,
        Cell.HIDDEN,
        Cell.OUTSIDE,
        Cell.LEFT_OUT,
        Cell.REFINED,
        Cell.FOUND,
        Cell.ANCHOR,
    ]
    found = gaps(records)
    assert [(gap.first, gap.last, gap.frames, gap.before, gap.after) for gap in found] == [
        (2, 3, 2, 1, 9),
        (8, 8, 1, 1, 9),
        (10, 10, 1, 9, None),
    ]
    assert [gap.first for gap in by_length(found)] == [2, 8, 10]
    # parts of the limit: 0.25 - 0.2 of 0.2 and 0.6 - 0.5 of 0.6; 0.3 - 0.1 of 0.3; 2 - 1 of 1
    assert [gap.margin.part for gap in found] == pytest.approx([0.25, 2 / 3, 1.0], abs=0.01)
    assert [gap.first for gap in by_margin(list(reversed(found)))] == [2, 8, 10]


def test_columns_of_a_table_leave_out_who_is_outside() -> None:
    table = flicker_table([record(Verdict.FOUND, 4), record(Verdict.MERGED, 5), empty(6)])
    assert table.identities == ("cat", "neighbour")
    assert table.columns(0, 1).identities == ("cat",)
    part = table.columns(1, 2)
    assert (part.identities, part.frames) == (("cat", "neighbour"), (5, 6))
    assert part.cells.tolist() == [[Cell.KEPT, Cell.OUTSIDE], [Cell.FOUND, Cell.OUTSIDE]]
    assert table.columns(2, 1).cells.shape == (0, 1)
    assert flicker_table([]).cells.shape == (0, 0)


def test_margins_in_words_and_as_parts() -> None:
    assert Margin(Unit.SCORE, 0.03, 0.05).words == "0.02 of score"
    assert Margin(Unit.RANK, 1340, 1000).words == "340 ranks"
    assert Margin(Unit.RANK, 1001, 1000).words == "1 rank"
    assert Margin(Unit.PIXELS, 14.5, 16.0).words == "1.5 pixels"
    assert Margin(Unit.RANK, 1340, 1000).part == pytest.approx(0.34)
    assert Margin(Unit.IOU, 0.2, 0.0).part == float("inf")


@pytest.mark.parametrize("verdict", CASES)
def test_a_record_is_the_same_after_json(verdict: Verdict) -> None:
    one = record(verdict, 3, hidden=["dog"])
    text = to_json(one)
    assert from_json(text) == one
    assert json.loads(text)["frame"] == 3


def test_identities_must_be_one_for_each_object() -> None:
    trace, truth = capture([{"anchor": CAT}]), GroundTruth(torch.tensor([CAT, CAT]), ("cat", "cat"))
    for identities in (["a"], ["a", "a"]):
        with pytest.raises(ValueError, match="frame 7 has 2 objects and 1 different identities"):
            examine_frame(trace, truth, identities, CLASSES, 7)


def test_the_cells_are_in_the_order_of_the_stages() -> None:
    assert tuple(FURTHEST) == STAGES
    assert list(FURTHEST.values()) == sorted(FURTHEST.values())
