"""Sizes told without running the network are those of a real run."""

from __future__ import annotations

import pytest
import torch
from torchvision.models.detection import FasterRCNN, fasterrcnn_resnet50_fpn

from frcnn_viz.pipeline.results import level_titles
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.shapes import network_shapes
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image


@pytest.mark.parametrize("size", [(1, 1), (33, 517), (150, 200), (480, 640), (333, 77)])
@pytest.mark.parametrize("resize", [(160, 320), (97, 1000), (400, 401)])
def test_shapes_are_those_of_a_run(tiny: FasterRCNN, size: tuple[int, int], resize: tuple[int, int]) -> None:
    settings = Settings.of(tiny).replace(max_size=resize[1]).replace(min_size=resize[0])
    trace = Trace(tiny, make_image(*size), settings)
    shapes = network_shapes(tiny, size, *resize)
    assert shapes.input_size == trace.input.input_size
    assert shapes.padded_size == trace.input.padded_size
    assert list(shapes.grid_sizes) == trace.features.grid_sizes
    assert list(shapes.strides) == trace.anchors.strides
    assert list(shapes.level_names) == trace.features.names


def test_golden_shapes_of_torchvisions_resnet() -> None:
    model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None).eval()
    shapes = network_shapes(model, (800, 1333), 800, 1333)
    assert shapes.padded_size == (800, 1344)
    assert sum(3 * rows * columns for rows, columns in shapes.grid_sizes) == 268_569
    assert shapes.strides[-1] == (61, 64)
    assert level_titles(shapes.level_names) == ("0", "1", "2", "3", "4 (pool)")
    assert all(not p.is_meta for p in model.parameters())
    assert torch.equal(
        torch.tensor(network_shapes(model, (480, 640), 800, 1333).padded_size), torch.tensor((800, 1088))
    )
