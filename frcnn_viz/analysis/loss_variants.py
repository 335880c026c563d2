"""Other losses on the very sample torchvision's were computed on: those of the paper and of common tutorials."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from frcnn_viz.pipeline.losses import BETA, Losses

LAMBDA = 10
"""The paper's weight of the RPN's box loss (section 3.1.2)."""


@dataclass(frozen=True)
class Variant:
    """One loss computed another way. `source` says who computes it so."""

    loss: str
    name: str
    value: float
    source: str


def variants(losses: Losses, cells: int) -> list[Variant]:
    """Every variant, torchvision's first in each group.

    Args:
        losses: of the image.
        cells: places of the feature maps, the paper's N_reg (about 2,400 for its images).
    """
    rpn, roi = losses.rpn, losses.roi
    positive = rpn.labels > 0
    error = (rpn.deltas - rpn.targets)[positive]
    sampled = max(len(rpn.labels), 1)
    foreground = roi.labels > 0
    roi_error = (roi.deltas - roi.targets)[foreground]
    rois = max(len(roi.labels), 1)
    logits = rpn.logits
    two = torch.stack([torch.zeros_like(logits), logits], dim=1)
    softmax = F.cross_entropy(two, rpn.labels.long()) if len(logits) else logits.sum()
    smooth = "smooth L1, beta 1/9"
    return [
        Variant("loss_objectness", "binary cross-entropy on one logit", float(rpn.objectness), "torchvision"),
        Variant("loss_objectness", "softmax on two logits", float(softmax), "the paper; the same when one logit is 0"),
        Variant("loss_rpn_box_reg", smooth, float(rpn.box), "torchvision: over all sampled anchors"),
        Variant(
            "loss_rpn_box_reg",
            f"smooth L1, beta 1, times {LAMBDA}, over the cells",
            float(_smooth(error, 1.0) * LAMBDA / max(cells, 1)),
            f"the paper, equation 1: lambda {LAMBDA}, N_reg {cells:,}",
        ),
        Variant("loss_rpn_box_reg", "L1", float(error.abs().sum() / sampled), "later detectors"),
        Variant("loss_rpn_box_reg", "L2", float(error.square().sum() / sampled), "simple tutorials"),
        Variant("loss_box_reg", smooth, float(roi.box), "torchvision: over all sampled RoIs"),
        Variant("loss_box_reg", "smooth L1, beta 1", float(_smooth(roi_error, 1.0) / rois), "Fast R-CNN, equation 3"),
        Variant("loss_box_reg", "L1", float(roi_error.abs().sum() / rois), "later detectors"),
        Variant("loss_box_reg", "L2", float(roi_error.square().sum() / rois), "simple tutorials"),
    ]


def curve(name: str, error: Tensor) -> Tensor:
    """What one coordinate's error adds, by the name of a variant: for a figure."""
    shapes = {
        "smooth L1, beta 1/9": lambda: F.smooth_l1_loss(error, torch.zeros_like(error), beta=BETA, reduction="none"),
        "smooth L1, beta 1": lambda: F.smooth_l1_loss(error, torch.zeros_like(error), beta=1.0, reduction="none"),
        "L1": error.abs,
        "L2": error.square,
    }
    return shapes[name]()


CURVES = ("smooth L1, beta 1/9", "smooth L1, beta 1", "L1", "L2")


def _smooth(error: Tensor, beta: float) -> Tensor:
    return F.smooth_l1_loss(error, torch.zeros_like(error), beta=beta, reduction="sum")
