"""Crops of boxes wherever they lie."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from frcnn_viz.figures.rois import crop

PICTURE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        ([5, 5, 10, 9], (4, 5, 3)),
        ([-10, -10, 4, 4], (4, 4, 3)),
        ([25, 15, 90, 90], (5, 5, 3)),
        ([-50, -50, -20, -20], (1, 1, 3)),
        ([90, 90, 120, 120], (1, 1, 3)),
        ([3, 3, 3, 3], (1, 1, 3)),
    ],
)
def test_a_crop_is_never_empty(box: list[float], shape: tuple[int, int, int]) -> None:
    cut = crop(PICTURE, torch.tensor(box, dtype=torch.float32))
    assert cut.shape == shape


def test_a_crop_is_what_is_under_the_box() -> None:
    assert np.array_equal(crop(PICTURE, torch.tensor([5.0, 6.0, 9.0, 8.0])), PICTURE[6:8, 5:9])
