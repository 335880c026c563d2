"""The input's pictures and histograms hold the tensors' own values."""

from __future__ import annotations

import numpy as np
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.figures.input import channel_histogram, steps
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.pipeline.transform import prepare
from tests.conftest import make_image


def test_the_steps_have_the_sizes_of_the_tensors(tiny_fpn: FasterRCNN) -> None:
    data = prepare(tiny_fpn, make_image(50, 70), min_size=100, max_size=320)
    shapes = {name: picture.shape for name, picture in steps(data).items()}
    assert shapes == {"resized": (100, 140, 3), "padded": (128, 160, 3)}  # to multiples of 32


def test_an_image_of_the_asked_size_comes_through_unchanged(tiny_fpn: FasterRCNN) -> None:
    image = (make_image(64, 96) * 255).round().to(torch.uint8)
    pictures = steps(prepare(tiny_fpn, image, min_size=64, max_size=320))
    assert np.array_equal(pictures["resized"], to_uint8(image))
    assert np.array_equal(pictures["padded"], to_uint8(image))  # 64 x 96 needs no padding


def test_padding_shows_as_the_mean_colour(tiny_fpn: FasterRCNN) -> None:
    data = prepare(tiny_fpn, torch.ones(3, 40, 40), min_size=40, max_size=320)
    corner = steps(data)["padded"][-1, -1]
    assert corner.tolist() == (data.mean * 255).round().int().tolist()


def test_every_pixel_is_counted_once_per_colour() -> None:
    assert [int(sum(line.y)) for line in channel_histogram(make_image(50, 70), "").data] == [50 * 70] * 3


def test_a_histogram_of_one_colour_that_differs_by_roundings() -> None:
    image = torch.full((3, 4, 4), -2.1179042)
    image[:, 0, 0] = torch.nextafter(image[:, 0, 0], torch.tensor(0.0))
    for trace in channel_histogram(image, "values").data:
        assert sum(trace.y) == 16
