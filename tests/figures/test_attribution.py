"""What is laid over the picture is the map: its sums, its signs, its sizes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from frcnn_viz.analysis.attribution import Attribution, Kind, Target, gradient_times_input
from frcnn_viz.analysis.deletion import Deletion
from frcnn_viz.figures.attribution import LOWERED, RAISED, by_cell, deletion_curves, diverging, full_colour, laid_over
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import build_tiny_c4, make_image


def test_squares_hold_the_sums_of_their_pixels() -> None:
    values = torch.arange(15.0).view(3, 5)
    assert by_cell(values, 2).tolist() == [
        [0 + 1 + 5 + 6, 2 + 3 + 7 + 8, 4 + 9],
        [10 + 11, 12 + 13, 14],  # what is left at the border
    ]
    assert torch.equal(by_cell(values, 1), values)


def test_the_picture_is_the_map() -> None:
    cells = torch.tensor([[0.0, 0.5, -1.0], [-0.25, 3.0, 1.0]])
    sheet = diverging(cells, 1.0)
    assert sheet[..., 3].tolist() == [[0, 128, 255], [64, 255, 255]]  # 3 is over full colour
    colour = lambda row, column: "#" + "".join(f"{part:02X}" for part in sheet[row, column, :3])  # noqa: E731
    assert [colour(0, 1), colour(1, 1)] == [RAISED] * 2
    assert [colour(0, 2), colour(1, 0)] == [LOWERED] * 2
    assert diverging(cells, 1.0, "raised")[..., 3].tolist() == [[0, 128, 0], [0, 255, 255]]
    assert diverging(cells, 1.0, "lowered")[..., 3].tolist() == [[0, 0, 255], [64, 0, 0]]


def test_a_map_of_nothing_is_transparent() -> None:
    cells = torch.zeros(2, 3)
    assert not diverging(cells, full_colour(cells))[..., 3].any()


def test_few_strong_squares_do_not_drown_the_others() -> None:
    cells = torch.ones(40, 50)
    cells[0, 0] = 3.0
    assert full_colour(cells) == 1.0
    cells[0, 0] = 8.0
    assert full_colour(cells) == 2.0  # a quarter of the strongest, at least


def test_the_picture_in_the_file_is_that_of_the_input_where_the_map_is_zero() -> None:
    trace = Trace(build_tiny_c4(), make_image(75, 110))
    found = gradient_times_input(trace, Target(Kind.LOGIT, 3, label=2))
    none = Attribution(found.target, found.value, torch.zeros_like(found.map))
    height, width = trace.input.input_size
    bare, shown = laid_over(trace, none), laid_over(trace, found)
    assert bare.shape == shown.shape == (height, width, 3)
    plain = (trace.input.denormalized(trace.input.resized) * 255).round().byte().permute(1, 2, 0).numpy()
    changed = (bare != plain).any(axis=2)
    assert changed.mean() < 0.2  # the outline alone
    assert (bare != shown).any()


def test_curves_are_those_of_the_check() -> None:
    chance = torch.tensor([[1.0, 0.8, 0.0], [1.0, 0.4, 0.0]])
    figure = deletion_curves(
        Deletion(Kind.PROBABILITY, torch.tensor([0.0, 0.5, 1.0]), torch.tensor([1.0, 0.25, 0.0]), chance)
    )
    low, high, mean, curve = (np.asarray(trace.y) for trace in figure.data)
    assert low == pytest.approx([1.0, 0.4, 0.0])
    assert high == pytest.approx([1.0, 0.8, 0.0])
    assert mean == pytest.approx([1.0, 0.6, 0.0])
    assert curve == pytest.approx([1.0, 0.25, 0.0])
