"""Objects as training and measuring take them."""

from __future__ import annotations

import pytest
import torch

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.ground_truth import GroundTruth, no_targets


def test_no_objects() -> None:
    truth = GroundTruth.of([])
    assert (len(truth), truth.left_out, truth.ignored.shape) == (0, 0, (0,))


def test_the_counted_are_those_not_ignored() -> None:
    flags = {"crowd": torch.tensor([True, False, False, True]), "difficult": torch.tensor([False, True, False, True])}
    truth = GroundTruth(torch.arange(16.0).reshape(4, 4), ("a", "b", "c", "d"), **flags, left_out=3)
    assert truth.counted.names == ("c",)
    assert truth.counted.boxes_in_image.tolist() == [[8, 9, 10, 11]]
    assert (truth.counted.ignored.tolist(), truth.counted.left_out) == ([False], 3)
    assert truth.no_targets.startswith("2 crowds and 1 difficult object are left out: ")
    assert truth.counted.no_targets == ""
    assert no_targets(0, 1).startswith("1 difficult object is left out: ")


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


def test_known_are_those_that_a_detector_has_a_label_for() -> None:
    boxes = torch.arange(16.0).reshape(4, 4)
    known, labels = GroundTruth(boxes, ("cat", "unicorn", "dog", "background")).known_in(("background", "dog", "cat"))
    assert (known.names, labels.tolist()) == (("cat", "dog"), [2, 1])
    assert torch.equal(known.boxes_in_image, boxes[[0, 2]])


def test_flags_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 1 flags crowd \[1\], got \[2\]"):
        GroundTruth(torch.tensor([[0.0, 0, 9, 9]]), ("one",), crowd=torch.zeros(2, dtype=torch.bool))


def test_what_can_be_used_comes_back_as_it_was_annotated() -> None:
    usable = (Object((1, 2, 30, 40), "cat"), Object((0, 0, 9, 9), "dog", difficult=True, crowd=True))
    assert GroundTruth.of([usable[0], Object((5, 5, 5, 9), "flat"), usable[1]]).objects == usable
    assert GroundTruth.of([]).objects == ()
