"""Where RoIAlign reads the feature map."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.pipeline.results import NetworkInput


def sampling_points(box: Tensor, *, spatial_scale: float, output_size: tuple[int, int], sampling_ratio: int) -> Tensor:
    """The points at which `torchvision.ops.roi_align(aligned=False)` interpolates, on the feature map.

    A box is at least one cell wide and high, as torchvision makes it. With a `sampling_ratio` of 0 or less,
    each bin has `ceil(box side / bins)` points per axis.

    Args:
        box: float32 [4], network-input frame.
        spatial_scale: cells per input pixel.
        output_size: bins down and across.
        sampling_ratio: points per bin and axis.

    Returns:
        float32 [bins down, points down, bins across, points across, 2], (x, y) in cells.
    """
    x0, y0, x1, y1 = (box.detach().cpu() * spatial_scale).tolist()
    axes = []
    for start, end, bins in ((y0, y1, output_size[0]), (x0, x1, output_size[1])):
        length = max(end - start, 1.0)
        points = sampling_ratio if sampling_ratio > 0 else math.ceil(length / bins)
        bin_size = length / bins
        steps = (torch.arange(points) + 0.5) * bin_size / points
        axes.append(start + torch.arange(bins)[:, None] * bin_size + steps[None])  # [bins, points]
    ys, xs = axes
    shape = (*ys.shape, *xs.shape)
    return torch.stack([xs[None, None].expand(shape), ys[:, :, None, None].expand(shape)], dim=-1)


def points_in_image(model: GeneralizedRCNN, box: Tensor, spatial_scale: float, network_input: NetworkInput) -> Tensor:
    """Where the model's box head reads for a box: float32 [P, 2], (x, y) in pixels of the user's image, on the CPU.

    Args:
        model: its pooler says how many points there are.
        box: float32 [4], input frame.
        spatial_scale: of the map it is pooled from, cells per input pixel.
        network_input: tells how the image was resized.
    """
    pooler = model.roi_heads.box_roi_pool
    points = sampling_points(
        box, spatial_scale=spatial_scale, output_size=pooler.output_size, sampling_ratio=pooler.sampling_ratio
    )
    down, across = network_input.scale
    return points.reshape(-1, 2) / spatial_scale / torch.tensor([across, down])
