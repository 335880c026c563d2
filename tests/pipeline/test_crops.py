"""A region of the picture as an input of its own."""

from __future__ import annotations

import pytest
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.pipeline.crops import CONTEXT, region_side, warp_region
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

SIDE = 48


def crop(model: FasterRCNN, image: torch.Tensor, *box: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The network's input without its padding, its normalisation undone; and the RoI."""
    made, roi = warp_region(model, image, torch.tensor(box), SIDE)
    assert made.input_size == (SIDE + 2 * CONTEXT, SIDE + 2 * CONTEXT)
    return made.denormalized(made.resized), roi


def test_a_region_of_the_side_itself_is_cut_out_unchanged(tiny_fpn: FasterRCNN) -> None:
    image = make_image(120, 160)
    got, roi = crop(tiny_fpn, image, 40, 30, 40 + SIDE, 30 + SIDE)
    expected = image[:, 30 - CONTEXT : 30 + SIDE + CONTEXT, 40 - CONTEXT : 40 + SIDE + CONTEXT]
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=0)
    assert roi.tolist() == [[CONTEXT, CONTEXT, CONTEXT + SIDE, CONTEXT + SIDE]]


def test_both_axes_are_stretched(tiny_fpn: FasterRCNN) -> None:
    # the left half dark, the right half light: a region over both, 96 wide and 12 high
    image = torch.zeros(3, 120, 160)
    image[:, :, 80:] = 1
    got, _ = crop(tiny_fpn, image, 32, 50, 128, 62)
    middle = CONTEXT + SIDE // 2
    assert got[:, :, :middle].max() < 1e-5
    assert got[:, :, middle:].min() > 1 - 1e-5


def test_what_lies_outside_the_picture_has_the_mean_colour(tiny_fpn: FasterRCNN) -> None:
    image = torch.ones(3, SIDE, SIDE)
    made, _ = warp_region(tiny_fpn, image, torch.tensor([0.0, 0, SIDE, SIDE]), SIDE)
    assert made.resized[:, : CONTEXT - 1].abs().max() < 1e-6  # normalised, the mean is 0
    assert made.resized[:, CONTEXT:-CONTEXT, CONTEXT:-CONTEXT].min() > 1


def test_whole_numbers_and_their_floats_give_the_same(tiny_fpn: FasterRCNN) -> None:
    pixels = (make_image(60, 80) * 255).to(torch.uint8)
    box = torch.tensor([3.5, 4.0, 50.25, 33.0])
    ours, theirs = (warp_region(tiny_fpn, image, box, SIDE)[0].resized for image in (pixels, pixels / 255))
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (79, 59, 80, 60), (0, 0, 80, 60), (10, 0, 10.5, 60)])
def test_any_region_with_an_area_has_an_input(tiny: FasterRCNN, box: tuple[float, ...]) -> None:
    got, _ = crop(tiny, make_image(60, 80), *box)
    assert got.isfinite().all()


def test_the_side_is_what_the_pooler_is_made_for(tiny_fpn: FasterRCNN, tiny_c4: FasterRCNN) -> None:
    image = make_image(120, 160)
    assert region_side(tiny_fpn, Trace(tiny_fpn, image).features) == 80  # its canonical scale
    assert region_side(tiny_c4, Trace(tiny_c4, image).features) == 7 * 16  # bins of one cell, at stride 16
