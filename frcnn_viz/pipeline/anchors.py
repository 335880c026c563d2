"""Stage 3: the anchor grid."""

from __future__ import annotations

import copy

import torch
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.pipeline.results import AnchorGrid, FeatureMaps, NetworkInput
from frcnn_viz.pipeline.settings import LevelTuples, SettingsError

MAX_ANCHORS = 2_000_000


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
    with torch.inference_mode():
        (boxes,) = generator(network_input.images, list(features.maps.values()))
    # torchvision orders a cell's anchors by ratio, then by size (AnchorGenerator.generate_anchors)
    shapes = [
        [(size, ratio) for ratio in ratios for size in sizes]
        for sizes, ratios in zip(anchor_sizes, aspect_ratios, strict=True)
    ]
    return AnchorGrid(
        boxes=boxes, per_cell=per_cell, grid_sizes=features.grid_sizes, strides=features.strides, shapes=shapes
    )
