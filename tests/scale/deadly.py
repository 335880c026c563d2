"""A detector of one's own on which some pictures fail: a tall one ends the process, a square one asks for too much."""

from __future__ import annotations

import os
import signal

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN

from frcnn_viz.models.registry import STREET_CLASSES, make_model

NAME = f"{__name__}:build"


def build() -> FasterRCNN:
    """`street-c4`, which looks at the pictures it is given."""
    model = make_model("street-c4")
    model.classes = STREET_CLASSES
    model.transform.min_size, model.transform.max_size = (128,), 256
    model.backbone.register_forward_pre_hook(_look)
    return model


def _look(_: nn.Module, inputs: tuple[Tensor]) -> None:
    height, width = inputs[0].shape[-2:]
    if height > width:
        os.kill(os.getpid(), signal.SIGKILL)
    if height == width:
        torch.empty(2**50)
