"""Errors of steadiness computed by hand, and the curves over time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from frcnn_viz.analysis.consistency import (
    centre_error,
    counts_over_time,
    fragment_error,
    mean_errors,
    object_over_time,
    objects_by_cell,
    scale_ratio_error,
    steadiness,
)
from frcnn_viz.analysis.sightings import Cell, Find, FrameRecord
from frcnn_viz.analysis.verdicts import Verdict
from tests.analysis.test_flicker import empty, record

TRUTH = np.array([[0.0, 0.0, 10.0, 20.0]] * 2)


def found_at(frame: int, box: tuple[float, float, float, float]) -> FrameRecord:
    """The cat, 40 x 40 pixels from 20, 20 on, found with this box."""
    one = record(Verdict.FOUND, frame)
    return replace(one, sightings=(replace(one.of("cat"), find=Find(box, 0.8, 0.9)),))


@pytest.mark.parametrize(
    ("found", "error"),
    [
        ([], 0.0),
        ([True], 0.0),
        ([True, True, True], 0.0),
        ([False, False], 0.0),
        ([True, False, True], 1.0),
        ([True, True, False, False, True], 0.5),
    ],
)
def test_fragments_are_changes_over_steps(found: list[bool], error: float) -> None:
    assert fragment_error(found) == error


def test_centres_that_shake_and_centres_that_are_off() -> None:
    """Off by 0 and 2 of 10 pixels: mean 0.1, each 0.1 from it; by 0 and 4 of 20 pixels: the same."""
    shaking = np.array([[0.0, 0.0, 10.0, 20.0], [2.0, 4.0, 12.0, 24.0]])
    assert centre_error(shaking, TRUTH) == pytest.approx(0.1 + 0.1)
    assert centre_error(shaking[[1, 1]], TRUTH) == pytest.approx(0)
    assert centre_error(TRUTH[:1], TRUTH[:1]) == 0


def test_scales_and_ratios_that_shake() -> None:
    """As it should be, then 4 times as high: scales 1 and 2, ratios 1 and 1 / 4; then 4 times as large each way."""
    higher = np.array([[0.0, 0.0, 10.0, 20.0], [0.0, 0.0, 10.0, 80.0]])
    assert scale_ratio_error(higher, TRUTH) == pytest.approx(0.5 + 0.375)
    larger = np.array([[0.0, 0.0, 10.0, 20.0], [0.0, 0.0, 40.0, 80.0]])
    assert scale_ratio_error(larger, TRUTH) == pytest.approx(1.5)
    assert scale_ratio_error(larger[[1, 1]], TRUTH) == pytest.approx(0)


def test_an_object_is_judged_over_the_frames_in_which_it_is_in_sight() -> None:
    """Found, lost, hidden, found 4 of 40 pixels to the right, left out: two changes in two steps."""
    records = [
        found_at(0, (20, 20, 60, 60)),
        record(Verdict.UNDER_SCORE, 1),
        record(Verdict.FOUND, 2, hidden=["cat"]),
        found_at(3, (24, 20, 64, 60)),
        record(Verdict.IGNORED, 4),
        empty(5),
    ]
    (one,) = steadiness(records)
    assert (one.identity, one.name, one.frames, one.found, one.fragment) == ("cat", "cat", 3, 2, 1.0)
    assert one.centre == pytest.approx(0.05)
    assert one.scale_ratio == pytest.approx(0)


def test_what_is_never_found_has_no_place_to_shake_in() -> None:
    (one,) = steadiness([record(Verdict.UNDER_SCORE, 0), record(Verdict.BELOW_TOP_N, 1)])
    assert (one.found, one.fragment, one.centre, one.scale_ratio) == (0, 0.0, None, None)
    assert mean_errors([one]) == {"fragment": 0.0, "centre": None, "scale_ratio": None}
    assert mean_errors([]) == {"fragment": None, "centre": None, "scale_ratio": None}
    shaking = replace(one, fragment=1.0, centre=0.2, scale_ratio=0.4)
    assert mean_errors([one, shaking]) == {"fragment": 0.5, "centre": 0.2, "scale_ratio": 0.4}


def test_curves_over_time() -> None:
    records = [record(Verdict.FOUND, 0), record(Verdict.MERGED, 1), record(Verdict.NO_ANCHOR, 2), empty(3)]
    counts = counts_over_time(records)
    assert counts["in sight"].tolist() == [1, 2, 1, 0]
    assert counts["found"].tolist() == [1, 1, 0, 0]
    assert counts["false alarms"].tolist() == [0, 0, 1, 1]
    assert counts["anchors"].tolist() == [1, 2, 1, 1]
    assert counts["detections"].tolist() == [1, 1, 1, 1]
    cells = objects_by_cell(records)
    assert {cell: values.tolist() for cell, values in cells.items() if values.any()} == {
        Cell.NOTHING: [0, 0, 1, 0],
        Cell.KEPT: [0, 1, 0, 0],
        Cell.FOUND: [1, 1, 0, 0],
    }
    score = object_over_time(records, "cat", "score").tolist()
    assert score[:2] == pytest.approx([0.8, 0.9])
    assert all(math.isnan(value) for value in score[2:])
    overlap = object_over_time(records, "cat", "moved by the RPN").tolist()
    assert overlap[:3] == [1.0, 1.0, 0.0]
    assert math.isnan(overlap[3])
    assert counts_over_time([])["found"].tolist() == []
