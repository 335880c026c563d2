"""Stage 3: the anchor grid."""

from __future__ import annotations

import copy
from functools import lru_cache

import torch
from torch import Tensor
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.pipeline.boxes import Size
from frcnn_viz.pipeline.results import AnchorGrid, FeatureMaps, NetworkInput
from frcnn_viz.pipeline.settings import LevelTuples, SettingsError

MAX_ANCHORS = 2_000_000
GRIDS = 4
"""Grids of anchors that are remembered, used last: a set's pictures mostly have few sizes."""


def make_anchors(
    model: GeneralizedRCNN,
    network_input: NetworkInput,
    features: FeatureMaps,
    *,
    anchor_sizes: LevelTuples,
    aspect_ratios: LevelTuples,
) -> AnchorGrid:
    """Place the anchors of every level, with torchvision's own generator.

    The model's generator (a copy, it remembers the device) serves when sizes and ratios are its own, so a
    subclass is respected; else a plain `AnchorGenerator` with the sizes and ratios asked for.

    Raises:
        SettingsError: the number of levels is not that of the feature maps, or there would be too many anchors.
    """
    if len(anchor_sizes) != len(features.maps):
        raise SettingsError(
            f"anchor_sizes has {len(anchor_sizes)} levels but the backbone gives {len(features.maps)} feature maps "
            f"({', '.join(features.names)}); give sizes for each."
        )
    per_cell = [len(sizes) * len(ratios) for sizes, ratios in zip(anchor_sizes, aspect_ratios, strict=True)]
    total = sum(h * w * k for (h, w), k in zip(features.grid_sizes, per_cell, strict=True))
    if total > MAX_ANCHORS:
        raise SettingsError(
            f"these sizes and ratios make {total:,} anchors; the limit is {MAX_ANCHORS:,}. "
            "Use fewer, or a smaller image."
        )
    own = model.rpn.anchor_generator
    is_own = own.sizes == anchor_sizes and own.aspect_ratios == aspect_ratios
    generator = copy.copy(own) if is_own else AnchorGenerator(anchor_sizes, aspect_ratios)
    maps = list(features.maps.values())
    if type(generator) is AnchorGenerator:
        cells = tuple(tuple(map(tuple, level.tolist())) for level in generator.cell_anchors)
        boxes = _grid(cells, tuple(features.grid_sizes), tuple(features.strides), maps[0].dtype, maps[0].device)
    else:  # a subclass may look at more than sizes
        with torch.inference_mode():
            (boxes,) = generator(network_input.images, maps)
    # torchvision orders a cell's anchors by ratio, then by size (AnchorGenerator.generate_anchors)
    shapes = [
        [(size, ratio) for ratio in ratios for size in sizes]
        for sizes, ratios in zip(anchor_sizes, aspect_ratios, strict=True)
    ]
    return AnchorGrid(
        boxes=boxes, per_cell=per_cell, grid_sizes=features.grid_sizes, strides=features.strides, shapes=shapes
    )


@lru_cache(GRIDS)
def _grid(
    cells: tuple[tuple[tuple[float, ...], ...], ...],
    grid_sizes: tuple[Size, ...],
    strides: tuple[Size, ...],
    dtype: torch.dtype,
    device: torch.device,
) -> Tensor:
    """What `AnchorGenerator.forward` makes for one image, float32 [A, 4]; `cells` are a cell's boxes round (0, 0)."""
    with torch.inference_mode():
        generator = AnchorGenerator()
        generator.cell_anchors = [torch.tensor(level, dtype=dtype, device=device) for level in cells]
        return torch.cat(generator.grid_anchors(grid_sizes, strides))
