"""Frames: there and back, and by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.ops import clip_boxes_to_image

from frcnn_viz.pipeline.boxes import are_inside, centers, check_finite, clip_sides, sides_to_image, to_image, to_input

SIDES = st.integers(1, 2000)
SIZE = st.tuples(SIDES, SIDES)
BOXES = st.lists(st.tuples(*[st.floats(-2000, 2000, width=32)] * 4), max_size=8)


@settings(deadline=None)
@given(boxes=BOXES, image_size=SIZE, input_size=SIZE)
def test_round_trip(boxes: list, image_size: tuple[int, int], input_size: tuple[int, int]) -> None:
    boxes = torch.tensor(boxes, dtype=torch.float32).view(-1, 4)
    there = to_image(boxes, input_size, image_size)
    torch.testing.assert_close(to_input(there, image_size, input_size), boxes, rtol=1e-5, atol=1e-4)


@settings(deadline=None)
@given(boxes=BOXES, image_size=SIZE, input_size=SIZE)
def test_sides_are_those_of_the_boxes(boxes: list, image_size: tuple[int, int], input_size: tuple[int, int]) -> None:
    boxes = torch.tensor(boxes, dtype=torch.float32).view(-1, 4)
    clipped = clip_sides(boxes.unbind(dim=1), input_size)
    assert torch.equal(torch.stack(clipped, dim=1), clip_boxes_to_image(boxes, input_size))
    there = torch.stack(sides_to_image(boxes.unbind(dim=1), input_size, image_size), dim=1)
    assert torch.equal(there, to_image(boxes, input_size, image_size))


def test_by_hand() -> None:
    """From 100 x 200 (height x width) to 300 x 100: y times 3, x times 1/2."""
    boxes = torch.tensor([[10.0, 20, 30, 60]])
    assert to_image(boxes, (100, 200), (300, 100)).tolist() == [[5, 60, 15, 180]]
    assert centers(boxes).tolist() == [[20, 40]]
    assert [bool(are_inside(boxes, size)) for size in [(60, 30), (59, 30), (60, 29)]] == [True, False, False]


@given(boxes=BOXES, at=st.integers(0, 31), value=st.sampled_from([math.inf, -math.inf, math.nan]))
def test_the_first_corner_that_is_no_number_is_named(boxes: list, at: int, value: float) -> None:
    boxes = torch.tensor(boxes, dtype=torch.float32).view(-1, 4)
    check_finite(boxes, "box")
    if at < boxes.numel():
        boxes.view(-1)[at] = value
        with pytest.raises(
            ValueError, match=rf"^box {at // 4} is \(.*{value:g}.*\); its corners must be finite numbers.$"
        ):
            check_finite(boxes, "box")
