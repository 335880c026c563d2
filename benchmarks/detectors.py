"""The two detectors that are timed."""

from __future__ import annotations

import torch
from torchvision.models.detection import FasterRCNN, fasterrcnn_resnet50_fpn

from frcnn_viz.models.registry import ModelError, load_detector

RESNET, STREET = "fasterrcnn_resnet50_fpn", "street-fpn"


def build_resnet50(device: str = "cpu", **resize: int) -> FasterRCNN:
    """torchvision's detector with random weights, enlarged in the heads so that scores and boxes spread.

    `resize` are its own `min_size` and `max_size`, where they are to be others.
    """
    torch.manual_seed(0)
    model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, **resize).eval().requires_grad_(False)
    model.rpn.head.cls_logits.weight.mul_(100)
    model.roi_heads.box_predictor.cls_score.weight.mul_(20)
    return model.to(device)


def load_street(device: str = "cpu") -> FasterRCNN:
    try:
        return load_detector(STREET, device).model
    except ModelError:  # its weights are not there yet: the time hardly depends on them
        return load_detector(STREET, device, random_weights=True).model
