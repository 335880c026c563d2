"""RoIs: the model's own pooler and mapper, and the level formula by hand."""

from __future__ import annotations

import copy

import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from frcnn_viz.pipeline.backbone import receptive_field
from frcnn_viz.pipeline.rois import assign_levels, pool_rois, pool_rounded
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image


def test_pooling_equals_the_models(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(200, 260))
    size = trace.input.input_size
    pooled = pool_rois(tiny, trace.features, trace.proposals.boxes, size)
    pooler = copy.deepcopy(tiny.roi_heads.box_roi_pool)
    assert torch.equal(pooled, pooler(trace.features.maps, [trace.proposals.boxes], [size]))
    assert pooled.shape == (len(trace.proposals), 16, 7, 7)
    assert tiny.roi_heads.box_roi_pool.scales is None


def test_pooling_by_rounding_by_hand(tiny: FasterRCNN) -> None:
    """Edges at 0.4 and 13.4 cells round to the cells 0 to 13, two in each of seven bins; the larger one is taken."""
    columns = torch.arange(16.0).expand(1, 1, 14, 16)
    pooled = pool_rounded(tiny, columns, torch.tensor([3.2, 3.2, 107.2, 107.2]), 1 / 8)
    assert torch.equal(pooled, torch.arange(1.0, 14, 2).expand(1, 7, 7))


def test_heads_see_what_the_models_heads_see(tiny: FasterRCNN) -> None:
    model, trace = copy.deepcopy(tiny), Trace(tiny, make_image(200, 260))
    logits: list[Tensor] = []
    model.roi_heads.box_predictor.register_forward_hook(lambda _, __, out: logits.append(out[0]))
    with torch.inference_mode():
        model([make_image(200, 260)])
    assert torch.equal(trace.rois.class_logits, logits[0])
    torch.testing.assert_close(trace.rois.scores.sum(dim=1), torch.ones(len(trace.proposals)))


def test_levels_by_hand(tiny_fpn: FasterRCNN) -> None:
    """target = 4 + log2(side / 80): 20 -> 2, 40 -> 3, 79 -> 3.98, 80 -> 4, 160 -> 5, 1 -> -2.3.

    The maps have strides 4, 8 and 16, so they are levels 2, 3 and 4 (log2), and the target is floored and clamped.
    """
    trace = Trace(tiny_fpn, make_image(160, 160))
    boxes = torch.tensor([[0.0, 0, side, side] for side in (20, 40, 79, 80, 160, 1)])
    got = assign_levels(tiny_fpn, trace.features, boxes, trace.input.input_size)
    assert got.levels.tolist() == [0, 1, 1, 2, 2, 0]
    torch.testing.assert_close(got.target[:5], torch.tensor([2.0, 3.0, 3.98186, 4.0, 5.0]))
    assert (got.names, got.scales) == (["0", "1", "2"], [1 / 4, 1 / 8, 1 / 16])
    assert (got.canonical_level, got.canonical_scale) == (4, 80)
    pooler = copy.deepcopy(tiny_fpn.roi_heads.box_roi_pool)
    pooler(trace.features.maps, [boxes], [trace.input.input_size])
    assert torch.equal(got.levels, pooler.map_levels([boxes]))


def test_one_map_needs_no_choice(tiny_c4: FasterRCNN) -> None:
    trace = Trace(tiny_c4, make_image(160, 160))
    got = assign_levels(tiny_c4, trace.features, trace.proposals.boxes, trace.input.input_size)
    assert not got.levels.any()
    assert got.names == ["0"]


def test_receptive_field_is_around_the_cell(tiny_c4: FasterRCNN) -> None:
    trace = Trace(tiny_c4, make_image(160, 160))
    field = receptive_field(tiny_c4, trace.input, "0", 5, 3)
    assert field.shape == (160, 160)
    assert field[72:89, 40:57].max() == field.max()  # two 3 x 3 convolutions of stride 4 round (48, 80)
    assert all(parameter.grad is None for parameter in tiny_c4.parameters())
