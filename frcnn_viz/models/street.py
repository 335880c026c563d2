"""The embedded detectors of street scenes: five levels, and the paper's form with one."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.resnet import ResNet
from torchvision.ops import MultiScaleRoIAlign

from frcnn_viz.models.narrow import OPTIONS, NarrowResNet, narrow_fpn

NUM_CLASSES = 7
"""Six kinds of object and the background."""


class StrideSixteen(nn.Module):
    """The first three stages of a ResNet: one feature map, one cell for 16 x 16 pixels, called C4."""

    def __init__(self, body: ResNet, out_channels: int) -> None:
        """`out_channels` is what the third stage gives."""
        super().__init__()
        self.body = nn.Sequential(body.conv1, body.bn1, body.relu, body.maxpool, body.layer1, body.layer2, body.layer3)
        self.out_channels = out_channels

    def forward(self, images: Tensor) -> Tensor:
        """[N, 3, H, W] -> [N, out_channels, H / 16, W / 16]."""
        return self.body(images)


def street_fpn(classes: int = NUM_CLASSES) -> FasterRCNN:
    """Five levels (strides 4 to 64), one anchor size on each; random weights."""
    return narrow_fpn(classes, (12, 24, 48, 96, 176), (0.5, 1.0, 2.0))


def street_c4(classes: int = NUM_CLASSES) -> FasterRCNN:
    """The paper's form: one map at stride 16, nine anchors per cell; random weights."""
    width = 32
    return FasterRCNN(
        StrideSixteen(NarrowResNet(width), out_channels=width * 4),
        rpn_anchor_generator=AnchorGenerator(((24, 64, 160),), ((0.5, 1.0, 2.0),)),
        box_roi_pool=MultiScaleRoIAlign(["0"], output_size=7, sampling_ratio=2),
        box_head=TwoMLPHead(width * 4 * 7 * 7, 256),
        box_predictor=FastRCNNPredictor(256, classes),
        **OPTIONS,
    )
