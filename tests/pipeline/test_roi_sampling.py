"""The sampling points are RoIAlign's own: reading the map at them and averaging gives RoIAlign."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN
from torchvision.ops import roi_align

from frcnn_viz.pipeline.roi_sampling import points_in_image, sampling_points
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image


def read(feature_map: Tensor, x: float, y: float) -> Tensor:
    """Bilinear interpolation of [C, h, w] as torchvision does it, nothing beyond one cell outside."""
    _, height, width = feature_map.shape
    if y < -1 or y > height or x < -1 or x > width:
        return torch.zeros(len(feature_map))
    y, x = max(y, 0.0), max(x, 0.0)
    y0, x0 = min(int(y), height - 1), min(int(x), width - 1)
    y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
    y, x = (float(y0) if y0 == height - 1 else y), (float(x0) if x0 == width - 1 else x)
    top = feature_map[:, y0, x0] * (x0 + 1 - x) + feature_map[:, y0, x1] * (x - x0)
    bottom = feature_map[:, y1, x0] * (x0 + 1 - x) + feature_map[:, y1, x1] * (x - x0)
    return top * (y0 + 1 - y) + bottom * (y - y0)


@pytest.mark.parametrize("ratio", [2, 0])
@pytest.mark.parametrize(
    "box",
    [
        [0.0, 0.0, 0.0, 0.0],
        [8.0, 8.0, 9.0, 9.0],
        [3.3, 10.7, 61.2, 40.9],
        [0.0, 0.0, 128.0, 96.0],
        [100.0, 5.0, 128.0, 90.0],
    ],
)
def test_points_read_and_averaged_are_roi_align(box: list[float], ratio: int) -> None:
    generator = torch.Generator().manual_seed(0)
    feature_map = torch.rand(3, 12, 16, generator=generator)
    points = sampling_points(torch.tensor(box), spatial_scale=1 / 8, output_size=(7, 7), sampling_ratio=ratio)
    rows, down, columns, across, _ = points.shape
    assert (rows, columns) == (7, 7)
    values = torch.stack([read(feature_map, *point) for point in points.reshape(-1, 2).tolist()])
    pooled = values.view(rows, down, columns, across, 3).mean(dim=(1, 3)).permute(2, 0, 1)
    expected = roi_align(feature_map[None], [torch.tensor([box])], (7, 7), 1 / 8, ratio)[0]
    assert torch.allclose(pooled, expected, atol=1e-5)


def test_points_on_the_image_are_spread_evenly_round_the_middle_of_the_box(tiny: FasterRCNN) -> None:
    network_input = Trace(tiny, make_image(200, 260)).input
    box = torch.tensor([30.0, 20.0, 90.0, 110.0])
    points = points_in_image(tiny, box, 1 / 16, network_input)
    x0, y0, x1, y1 = network_input.boxes_in_image(box[None])[0]
    assert torch.allclose(points.mean(dim=0), torch.stack([x0 + x1, y0 + y1]) / 2)
    assert (points > torch.stack([x0, y0])).all()
    assert (points < torch.stack([x1, y1])).all()
