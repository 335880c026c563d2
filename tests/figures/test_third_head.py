"""Masks over the image and heat maps: the pixels are the tensors'."""

from __future__ import annotations

import numpy as np
import torch

from frcnn_viz.figures.palette import CLASSES
from frcnn_viz.figures.third_head import heat_map, keypoint_layer, mask_overlay
from frcnn_viz.pipeline.keypoints import Keypoints
from frcnn_viz.pipeline.masks import Masks


def masks() -> Masks:
    """Two detections on an image of 60 x 80: the left half of the first is on, all of the second."""
    probabilities = torch.zeros(2, 1, 28, 28)
    probabilities[0, 0, :, :14] = 1
    probabilities[1] = 1
    boxes = torch.tensor([[10.0, 10.0, 50.0, 40.0], [40.0, 20.0, 70.0, 50.0]])
    return Masks(torch.zeros(2, 3, 28, 28), probabilities, boxes, (60, 80))


def rgb(row: int) -> list[int]:
    return [int(CLASSES[row][k : k + 2], 16) for k in (1, 3, 5)]


def test_masks_lie_where_torchvision_pastes_them() -> None:
    picture = mask_overlay(masks(), [0, 1], 0.5)
    assert picture.shape == (60, 80, 4)
    on = masks().in_image()[:, 0].numpy() >= 0.5
    assert np.array_equal(picture[..., 3] == 255, on.any(axis=0))
    assert picture[20, 15].tolist() == [*rgb(0), 255]
    assert picture[45, 60].tolist() == [*rgb(1), 255]
    assert picture[5, 5, 3] == 0
    assert not mask_overlay(masks(), [0], 0.5)[45, 60].any()


def test_the_first_mask_is_on_top() -> None:
    both = Masks(torch.zeros(2, 3, 28, 28), torch.ones(2, 1, 28, 28), torch.tensor([[10.0, 10, 50, 40]] * 2), (60, 80))
    assert mask_overlay(both, [0, 1], 0.5)[25, 30].tolist() == [*rgb(0), 255]


def test_a_heat_map_is_framed_at_its_largest_value() -> None:
    heatmap = torch.zeros(56, 56)
    heatmap[10, 40] = 5
    picture = heat_map(heatmap)
    side = picture.shape[0] // 56
    assert picture[10 * side - 1, 40 * side].tolist() == [255, 255, 255]
    assert picture[10 * side, 40 * side].tolist() != [255, 255, 255]
    assert picture[30 * side, 5 * side].tolist() == picture[0, 0].tolist()


def test_keypoints_are_squares_round_their_places() -> None:
    points = torch.tensor([[[10.0, 20.0, 1.0], [30.0, 5.0, 1.0]]])
    layer = keypoint_layer(Keypoints(torch.zeros(1, 2, 56, 56), points, points, torch.zeros(1, 2)), 0, ("nose", "eye"))
    assert layer.boxes_in_image.tolist() == [[7.0, 17.0, 13.0, 23.0], [27.0, 2.0, 33.0, 8.0]]
    assert layer.labels == ["nose", "eye"]
