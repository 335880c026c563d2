"""Ways to look at feature maps, on maps whose answers are known."""

from __future__ import annotations

import pytest
import torch

from frcnn_viz.analysis.feature_views import channel_order, pca_to_rgb


def test_channels_are_ordered_by_what_is_asked() -> None:
    quiet, loud, varied = torch.full((2, 2), 0.1), torch.full((2, 2), -5.0), torch.tensor([[0.0, 4.0], [0.0, 4.0]])
    feature_map = torch.stack([quiet, loud, varied])
    assert channel_order(feature_map, "index").tolist() == [0, 1, 2]
    assert channel_order(feature_map, "activation").tolist() == [1, 2, 0]  # 5, 2, 0.1
    assert channel_order(feature_map, "variance").tolist()[0] == 2  # the others do not vary


def test_the_strongest_direction_becomes_red() -> None:
    ramp = torch.linspace(0, 1, 6).view(2, 3)
    picture = pca_to_rgb(torch.stack([10 * ramp, torch.zeros(2, 3), torch.zeros(2, 3)]))
    assert torch.allclose(picture[0], ramp, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 5, 4), (64, 3, 2), (3, 1, 1)])
def test_any_map_becomes_a_picture_the_same_each_time(shape: tuple[int, int, int]) -> None:
    feature_map = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    picture = pca_to_rgb(feature_map)
    assert picture.shape == (3, *shape[1:])
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert torch.equal(picture, pca_to_rgb(feature_map))
