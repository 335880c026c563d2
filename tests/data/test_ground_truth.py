"""Objects as training and measuring take them."""

from __future__ import annotations

import pytest
import torch

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.ground_truth import GroundTruth


def test_no_objects() -> None:
    truth = GroundTruth.of([])
    assert (len(truth), truth.left_out, truth.ignored.shape) == (0, 0, (0,))


def test_flags_stay_with_their_objects_when_others_are_left_out() -> None:
    truth = GroundTruth.of(
        [
            Object((0, 0, 0, 9), "flat", crowd=True),
            Object((0, 0, 9, 9), "one"),
            Object((1, 1, 9, 9), "two", difficult=True),
            Object((2, 2, 9, 9), "three", crowd=True),
            Object((0, 0, float("inf"), 9), "endless", difficult=True),
        ]
    )
    assert truth.names == ("one", "two", "three")
    assert truth.left_out == 2
    assert truth.difficult.tolist() == [False, True, False]
    assert truth.crowd.tolist() == [False, False, True]
    assert truth.ignored.tolist() == [False, True, True]


def test_flags_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 1 flags crowd \[1\], got \[2\]"):
        GroundTruth(torch.tensor([[0.0, 0, 9, 9]]), ("one",), crowd=torch.zeros(2, dtype=torch.bool))
