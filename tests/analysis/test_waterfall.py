"""The best overlap of many boxes is `box_iou`'s, to the bit."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import box_iou

from frcnn_viz.analysis.waterfall import best_iou
from tests.analysis.test_outcomes import random_boxes


@given(seed=st.integers(0, 10_000), objects=st.integers(0, 6), count=st.integers(1, 500))
def test_the_best_overlap_is_torchvisions(seed: int, objects: int, count: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    truth, boxes = random_boxes(objects, generator), random_boxes(count, generator)
    assert torch.equal(best_iou(truth, boxes), box_iou(truth, boxes).amax(dim=1))


def test_no_box_overlaps_nothing() -> None:
    assert best_iou(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.zeros(0, 4)).tolist() == [0.0]
