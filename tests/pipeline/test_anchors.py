"""Anchors: golden counts, places, and one cell by hand."""

from __future__ import annotations

import copy

import pytest
import torch
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.image_list import ImageList

from frcnn_viz.pipeline.anchors import make_anchors
from frcnn_viz.pipeline.boxes import are_inside
from frcnn_viz.pipeline.results import AnchorGrid, FeatureMaps, NetworkInput
from frcnn_viz.pipeline.settings import Settings, SettingsError
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import RATIOS, make_image


def grid(
    model: FasterRCNN, size: tuple[int, int], cells: list, sizes: tuple, ratios: tuple | None = None
) -> AnchorGrid:
    """Anchors over feature maps of zeros: no network runs."""
    image = torch.zeros(3, *size)
    network_input = NetworkInput(size, image, ImageList(image[None], [size]), torch.zeros(3), torch.ones(3))
    features = FeatureMaps({str(i): torch.zeros(1, 1, *cell) for i, cell in enumerate(cells)}, size)
    ratios = ratios or (RATIOS,) * len(cells)
    return make_anchors(model, network_input, features, anchor_sizes=sizes, aspect_ratios=ratios)


def test_the_papers_grid(tiny_c4: FasterRCNN) -> None:
    """800 x 800 at stride 16: 50 * 50 * 9 = 22,500 anchors, of which 9,321 lie wholly inside."""
    anchors = grid(tiny_c4, (800, 800), [(50, 50)], ((128.0, 256.0, 512.0),))
    assert len(anchors) == 22_500
    assert int(are_inside(anchors.boxes, (800, 800)).sum()) == 9_321


def test_resnet50_fpn_grid(tiny_c4: FasterRCNN) -> None:
    """800 x 1344: 3 * (67,200 + 16,800 + 4,200 + 1,050 + 273); 800 // 13 = 61 and 1344 // 21 = 64."""
    cells = [(200, 336), (100, 168), (50, 84), (25, 42), (13, 21)]
    anchors = grid(tiny_c4, (800, 1344), cells, ((32.0,), (64.0,), (128.0,), (256.0,), (512.0,)))
    assert len(anchors) == 268_569
    assert anchors.strides == [(4, 4), (8, 8), (16, 16), (32, 32), (61, 64)]
    assert anchors.levels.bincount().tolist() == anchors.counts == [201_600, 50_400, 12_600, 3_150, 819]


def test_a_grid_is_remembered_by_all_it_is_made_of(tiny_c4: FasterRCNN) -> None:
    """Pictures of one size share it; another stride, or cells that were put into the model's generator, do not."""
    sizes = tiny_c4.rpn.anchor_generator.sizes
    first, again, finer = (grid(tiny_c4, size, [(4, 5)], sizes) for size in ((64, 80), (64, 80), (32, 40)))
    assert first.boxes is again.boxes
    assert first.boxes[-1].tolist() != finer.boxes[-1].tolist()
    model = copy.deepcopy(tiny_c4)
    model.rpn.anchor_generator.cell_anchors = [cell * 2 for cell in model.rpn.anchor_generator.cell_anchors]
    doubled = grid(model, (64, 80), [(4, 5)], sizes, model.rpn.anchor_generator.aspect_ratios)
    count = doubled.per_cell[0]
    assert torch.equal(doubled.boxes[:count], first.boxes[:count] * 2)  # those of the cell at (0, 0)


def test_one_cell_by_hand(tiny_c4: FasterRCNN) -> None:
    """Size s and ratio r = h / w give h = s * sqrt(r), w = s / sqrt(r).

    Row 1, column 2 of stride 16: the corner is (x, y) = (32, 16).
    r = 1, s = 32: w = h = 32: -16..16.  s = 64: -32..32.
    r = 4, s = 32: w = 16, h = 64: -8..8 and -32..32.  s = 64: w = 32, h = 128: -16..16 and -64..64.
    """
    anchors = grid(tiny_c4, (64, 80), [(4, 5)], ((32.0, 64.0),), ((1.0, 4.0),))
    cell = anchors.of_cell(0, 1, 2)
    assert list(cell) == [28, 29, 30, 31]  # (1 * 5 + 2) * 4 shapes
    assert anchors.boxes[cell.start : cell.stop].tolist() == [
        [16, 0, 48, 32],
        [0, -16, 64, 48],
        [24, -16, 40, 48],
        [16, -48, 48, 80],
    ]
    assert anchors.shapes == [[(32, 1), (64, 1), (32, 4), (64, 4)]]
    assert are_inside(anchors.boxes[cell.start : cell.stop], (64, 80)).tolist() == [True, False, False, False]


def test_places_round_trip(tiny_c4: FasterRCNN) -> None:
    anchors = grid(tiny_c4, (64, 96), [(8, 12), (3, 5)], ((8.0,), (16.0, 24.0)), ((1.0, 2.0), (1.0,)))
    assert anchors.counts == [192, 30]
    assert anchors.offsets == [0, 192]
    places = [anchors.place(index) for index in range(len(anchors))]
    assert places == sorted(places)
    assert len(set(places)) == 222
    assert [anchors.of_cell(*place[:3])[place[3]] for place in places] == list(range(222))
    assert places[-1] == (1, 2, 4, 1)


def test_boxes_have_the_shapes_they_say(tiny: FasterRCNN) -> None:
    anchors = Trace(tiny, make_image(100, 130)).anchors
    for index in range(0, len(anchors), 37):
        level, _, _, shape = anchors.place(index)
        size, ratio = anchors.shapes[level][shape]
        x0, y0, x1, y1 = anchors.boxes[index].tolist()
        assert y1 - y0 == pytest.approx(size * ratio**0.5, abs=1)  # torchvision rounds each half
        assert x1 - x0 == pytest.approx(size / ratio**0.5, abs=1)


def test_sizes_that_do_not_fit(tiny_fpn: FasterRCNN) -> None:
    image, settings = make_image(60, 60), Settings.of(tiny_fpn)
    with pytest.raises(
        SettingsError, match=r"anchor_sizes has 1 levels but the backbone gives 4 feature maps \(0, 1, 2, pool\)"
    ):
        _ = Trace(tiny_fpn, image, settings.replace(anchor_sizes=((8.0,),), aspect_ratios=((1.0,),))).anchors
    more = Trace(tiny_fpn, image, settings.replace(aspect_ratios=((1.0, 2.0),) * 4))
    assert len(more.anchors) == 2 * (40**2 + 20**2 + 10**2 + 5**2)  # to look at
    with pytest.raises(SettingsError, match="level 0 has 2 anchors per cell, but this model's RPN head scores 3"):
        _ = more.proposals


def test_too_many(tiny_c4: FasterRCNN) -> None:
    with pytest.raises(SettingsError, match="make 2,560,000 anchors; the limit is 2,000,000"):
        grid(tiny_c4, (1600, 1600), [(400, 400)], ((8.0, 16.0, 32.0, 64.0),), ((0.2, 0.5, 1.0, 2.0),))


def test_a_grid_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \[12, 4\], got \[11, 4\]"):
        AnchorGrid(torch.zeros(11, 4), [3], [(2, 2)], [(8, 8)], [[(8, 1)] * 3])
