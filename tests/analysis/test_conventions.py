"""The golden numbers: 22,500 anchors of a VGG-16 at 800 x 800, of which 8,940, 9,132 or 9,321 stay inside."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList

from frcnn_viz.analysis.conventions import (
    CONVENTIONS,
    WAYS,
    apply,
    centred_anchors,
    inside_count,
    published_anchors,
    snap_to_grid,
    torchvision_anchors,
)
from frcnn_viz.pipeline.settings import Settings
from tests.conftest import build_tiny_c4


@pytest.mark.parametrize(
    ("make", "inside"), [(centred_anchors, 8_940), (published_anchors, 9_132), (torchvision_anchors, 9_321)]
)
def test_golden_counts(make, inside: int) -> None:  # noqa: ANN001
    anchors = make(50, 50)
    assert anchors.shape == (22_500, 4)
    assert inside_count(anchors, 800, 800) == inside
    assert make in [way for way, _ in WAYS.values()]


def test_torchvisions_are_its_generators() -> None:
    generator = AnchorGenerator(((128, 256, 512),), ((0.5, 1.0, 2.0),))
    (anchors,) = generator(ImageList(torch.zeros(1, 3, 800, 800), [(800, 800)]), [torch.zeros(1, 512, 50, 50)])
    assert torch.equal(anchors, torchvision_anchors(50, 50))


def test_the_published_nine() -> None:
    assert published_anchors(1, 1)[:3].tolist() == [[-84, -40, 99, 55], [-176, -88, 191, 103], [-360, -184, 375, 199]]


def test_centred_anchors_have_the_areas_asked_for() -> None:
    boxes = centred_anchors(1, 1)
    sides = boxes[:, 2:] - boxes[:, :2]
    assert torch.allclose(sides.prod(dim=1).sqrt(), torch.tensor([128.0, 256.0, 512.0] * 3))
    assert torch.allclose(sides[:, 1] / sides[:, 0], torch.tensor([0.5] * 3 + [1.0] * 3 + [2.0] * 3))
    assert torch.allclose((boxes[:, :2] + boxes[:, 2:]) / 2, torch.tensor(8.0))


def test_snapping_moves_edges_to_the_grid_and_keeps_an_area() -> None:
    boxes = torch.tensor([[3.0, 20.0, 30.0, 61.0], [33.0, 33.0, 35.0, 34.0]])
    assert snap_to_grid(boxes, (16, 16)).tolist() == [[0, 16, 32, 64], [32, 32, 48, 48]]


@pytest.mark.parametrize("name", CONVENTIONS)
def test_conventions_are_settings(name: str) -> None:
    model: nn.Module = build_tiny_c4()
    settings = apply(CONVENTIONS[name], Settings.of(model), positives=5)
    assert settings.rpn_fg_iou_thresh == 0.7
    if name == "tutorial":
        assert (settings.rpn_batch_size_per_image, settings.rpn_positive_fraction) == (10, 0.5)
    if name == "paper":
        assert (settings.rpn_pre_nms_top_n_train, settings.rpn_post_nms_top_n_train) == (12_000, 2_000)
