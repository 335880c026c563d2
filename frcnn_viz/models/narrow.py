"""What the embedded detectors share: torchvision's `FasterRCNN` with a narrow ResNet-18, for pictures seen at 320x240.

Its BatchNorm is trainable: the frozen BatchNorm of torchvision's pretrained detectors never learns from scratch.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.resnet import BasicBlock, ResNet
from torchvision.ops import MultiScaleRoIAlign

OPTIONS = {
    "min_size": 240,
    "max_size": 427,
    "image_mean": [0.5] * 3,
    "image_std": [0.25] * 3,
    "rpn_pre_nms_top_n_train": 600,
    "rpn_post_nms_top_n_train": 300,
    "rpn_batch_size_per_image": 128,
    "box_batch_size_per_image": 128,
    "rpn_pre_nms_top_n_test": 1000,
    "rpn_post_nms_top_n_test": 300,
}
"""Of `FasterRCNN`: a 640x480 picture is halved, and there are few proposals."""


class NarrowResNet(ResNet):
    """ResNet-18 whose four stages have `width`, 2, 4 and 8 times `width` channels; the full one has 64."""

    def __init__(self, width: int) -> None:
        """Random weights, as torchvision initialises them."""
        super().__init__(BasicBlock, [2, 2, 2, 2])
        self.inplanes = width
        self.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = self._make_layer(BasicBlock, width, 2)
        self.layer2 = self._make_layer(BasicBlock, width * 2, 2, stride=2)
        self.layer3 = self._make_layer(BasicBlock, width * 4, 2, stride=2)
        self.layer4 = self._make_layer(BasicBlock, width * 8, 2, stride=2)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def narrow_fpn(classes: int, sizes: Sequence[int], ratios: Sequence[float]) -> FasterRCNN:
    """Five levels (strides 4 to 64), one anchor size on each; random weights.

    Args:
        classes: with the background.
        sizes: of each level's anchors, input pixels.
        ratios: height / width, the same on every level.
    """
    width, channels = 32, 64
    backbone = BackboneWithFPN(
        NarrowResNet(width),
        return_layers={f"layer{i + 1}": str(i) for i in range(4)},
        in_channels_list=[width * 2**i for i in range(4)],
        out_channels=channels,
    )
    return FasterRCNN(
        backbone,
        rpn_anchor_generator=AnchorGenerator(tuple((size,) for size in sizes), (tuple(ratios),) * len(sizes)),
        # the canonical 224 would pool nearly every object of a 320 x 240 picture from the finest map
        box_roi_pool=MultiScaleRoIAlign(["0", "1", "2", "3"], output_size=7, sampling_ratio=2, canonical_scale=80),
        box_head=TwoMLPHead(channels * 7 * 7, 256),
        box_predictor=FastRCNNPredictor(256, classes),
        **OPTIONS,
    )
