"""R-CNN's way into the network: a region of the picture, warped to a square, is an input of its own."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.ops import roi_align

from frcnn_viz.pipeline.boxes import to_input
from frcnn_viz.pipeline.results import FeatureMaps, NetworkInput
from frcnn_viz.pipeline.transform import as_float, prepare

CONTEXT = 16
"""Pixels of the square on each side that show what is around the region (Girshick et al., 2014, appendix A)."""


def region_side(model: GeneralizedRCNN, features: FeatureMaps) -> int:
    """To how many pixels a side regions are warped: as large as the RoIs that the detector's pooler is made for.

    A pooler that chooses among maps has a canonical size (FPN paper, equation 1: 224, that of ImageNet's pictures; the
    embedded detectors have 80). One with a single map gets a cell of it for each of its bins.
    """
    pooler = model.roi_heads.box_roi_pool
    named = zip(features.names, features.strides, strict=True)
    strides = [stride for name, stride in named if name in pooler.featmap_names]
    return int(pooler.canonical_scale) if len(strides) > 1 else strides[0][0] * pooler.output_size[0]


def warp_region(model: GeneralizedRCNN, image: Tensor, box_in_image: Tensor, side: int) -> tuple[NetworkInput, Tensor]:
    """A region with a little of what is around it, as the network's input, and where in that the region lies.

    Both axes are stretched to `side`; what lies outside the picture has the mean colour, as in the paper.

    Args:
        model: read only.
        image: uint8, or float32 in 0..1, [3, H, W], on any device.
        box_in_image: float32 [4], with an area.
        side: of the warped region, pixels; the input is `2 * CONTEXT` larger.

    Returns:
        The input, and float32 [1, 4] in its frame: the one RoI there is.
    """
    device = next(model.parameters()).device
    box, whole = box_in_image.cpu(), side + 2 * CONTEXT
    margin = (box[2:] - box[:2]) * (CONTEXT / side)
    outer = torch.cat([box[:2] - margin, box[2:] + margin])
    height, width = image.shape[-2:]
    x0, y0 = (outer[:2].floor() - 1).clamp(min=0).int().tolist()
    x1, y1 = torch.minimum(outer[2:].ceil() + 1, torch.tensor([width, height])).int().tolist()
    with torch.inference_mode():
        window = as_float(image[:, y0:y1, x0:x1]).to(device)  # a large picture is not made float as a whole
        mean = torch.as_tensor(model.transform.image_mean, dtype=window.dtype, device=device)[:, None, None]
        at = (outer - torch.tensor([x0, y0, x0, y0]))[None].to(device)
        crop = roi_align((window - mean)[None], [at], (whole, whole), aligned=True)[0] + mean  # 0 outside the window
        inner = torch.tensor([[CONTEXT, CONTEXT, CONTEXT + side, CONTEXT + side]], dtype=torch.float32, device=device)
    crop_input = prepare(model, crop, min_size=whole, max_size=whole)
    return crop_input, to_input(inner, crop_input.image_size, crop_input.input_size)
