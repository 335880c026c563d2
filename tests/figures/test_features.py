"""Feature maps as pictures and charts, on maps whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from frcnn_viz.figures.features import VIEWS, cell_profile, channel_grid, field_extent, scale_limits, summary
from frcnn_viz.figures.rasters import colourise

MAP = torch.tensor([[[0.0, 1.0], [2.0, 3.0]], [[4.0, 4.0], [0.0, -1.0]]])  # [2, 2, 2]


@pytest.mark.parametrize("view", VIEWS)
def test_a_summary_has_one_pixel_per_cell(view: str) -> None:
    assert summary(torch.rand(5, 3, 4), view).shape == (3, 4, 3)


def test_summaries_are_the_mean_and_the_largest_over_channels() -> None:
    assert np.array_equal(summary(MAP, "mean"), colourise(torch.tensor([[2.0, 2.5], [1.0, 1.0]])))
    assert np.array_equal(summary(MAP, "max"), colourise(torch.tensor([[4.0, 4.0], [2.0, 3.0]])))


@pytest.mark.parametrize(("scale", "limits"), [("channel", None), ("level", (-1.0, 4.0)), ("all levels", (-7.0, 4.0))])
def test_the_colour_scale_spans_what_was_chosen(scale: str, limits: tuple[float, float] | None) -> None:
    assert scale_limits({"0": MAP, "1": torch.full((2, 1, 1), -7.0)}, "0", scale) == limits


def test_a_grid_shows_the_channels_in_the_order_given() -> None:
    picture = channel_grid(MAP, [1, 0], (-1.0, 4.0), columns=2)
    assert picture.shape == (2, 5, 3)  # two tiles of two columns and a gap of one
    assert np.array_equal(picture[:, :2], colourise(MAP[1], -1.0, 4.0))
    assert np.array_equal(picture[:, 3:], colourise(MAP[0], -1.0, 4.0))


def test_a_grid_on_each_channels_own_scale_uses_the_whole_scale() -> None:
    picture = channel_grid(MAP, [0, 1], None, columns=1)
    assert np.array_equal(picture[:2], colourise(MAP[0]))
    assert np.array_equal(picture[3:], colourise(MAP[1]))


def test_a_cells_profile_holds_its_channels() -> None:
    (bar,) = cell_profile(MAP, row=0, column=1, level=0).data
    assert list(bar.x) == [0, 1]
    assert list(bar.y) == [1.0, 4.0]


def test_the_extent_of_a_receptive_field() -> None:
    gradient = torch.zeros(6, 8)
    assert field_extent(gradient) is None
    gradient[2, 3] = gradient[4, 5] = 1e-9
    assert field_extent(gradient) == (3, 2, 6, 5)  # ends are one past the last pixel
