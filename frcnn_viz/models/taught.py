"""Faster R-CNN as the paper and tutorials build it: one feature map, nine anchors a cell, heads nobody has trained.

Pictures are padded to whole cells of the map and no further, so that every cell is `stride` pixels wide.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torchvision.models import (
    MobileNet_V2_Weights,
    ResNet50_Weights,
    VGG16_Weights,
    mobilenet_v2,
    resnet50,
    vgg16,
)
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor
from torchvision.models.resnet import ResNet
from torchvision.ops import FrozenBatchNorm2d, MultiScaleRoIAlign

from frcnn_viz.models.entry import BACKGROUND, Entry
from frcnn_viz.models.hub import HubFile

RATIOS = (0.5, 1.0, 2.0)
VOC = (
    *(BACKGROUND, "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)


class SingleMap(nn.Sequential):
    """A backbone that gives one map, and tells torchvision how many channels it has."""

    def __init__(self, *layers: nn.Module, out_channels: int) -> None:
        """Layers in order."""
        super().__init__(*layers)
        self.out_channels = out_channels


class FlatHead(nn.Module):
    """Layers on pooled features laid out flat, as VGG-16's fully connected ones are."""

    def __init__(self, layers: nn.Sequential) -> None:
        """`layers` take [P, channels * height * width]."""
        super().__init__()
        self.layers = layers

    def forward(self, pooled: Tensor) -> Tensor:
        """[P, channels, height, width] -> [P, features]."""
        return self.layers(pooled.flatten(start_dim=1))


def _detector(backbone: nn.Module, stride: int, sizes: tuple[int, ...], side: int = 7, **options: object) -> FasterRCNN:
    return FasterRCNN(
        backbone,
        rpn_anchor_generator=AnchorGenerator((tuple(map(float, sizes)),), (RATIOS,)),
        box_roi_pool=MultiScaleRoIAlign(["0"], output_size=side, sampling_ratio=2),
        size_divisible=stride,
        **options,
    )


def _resnet() -> ResNet:
    return resnet50(weights=None, norm_layer=FrozenBatchNorm2d)


def _first_stages(body: ResNet) -> tuple[nn.Module, ...]:
    return body.conv1, body.bn1, body.relu, body.maxpool, body.layer1, body.layer2, body.layer3


def build_vgg16(classes: int) -> FasterRCNN:
    """The paper's (section 4): VGG-16 to its last convolution, and its two fully connected layers as the head."""
    body = vgg16(weights=None)
    return _detector(
        SingleMap(*body.features[:-1], out_channels=512),
        16,
        (128, 256, 512),
        box_head=FlatHead(body.classifier[:-1]),
        box_predictor=FastRCNNPredictor(4096, classes),
        box_batch_size_per_image=128,
    )


def build_resnet50_c4(classes: int) -> FasterRCNN:
    """As He et al. (2015) apply ResNet: the first four stages make the map, the fifth is the head."""
    body = _resnet()
    return _detector(
        SingleMap(*_first_stages(body), out_channels=1024),
        16,
        (128, 256, 512),
        side=14,
        box_head=nn.Sequential(body.layer4, nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        box_predictor=FastRCNNPredictor(2048, classes),
    )


def build_resnet50_c5(classes: int) -> FasterRCNN:
    """All five stages make the map, as simple tutorials have it."""
    body = _resnet()
    backbone = SingleMap(*_first_stages(body), body.layer4, out_channels=2048)
    return _detector(backbone, 32, (128, 256, 512), num_classes=classes)


def build_mobilenet_v2(classes: int) -> FasterRCNN:
    """torchvision's tutorial: the features of MobileNetV2, with smaller anchors."""
    backbone = SingleMap(*mobilenet_v2(weights=None).features, out_channels=1280)
    return _detector(backbone, 32, (32, 64, 128), num_classes=classes)


def backbone_names(name: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """ImageNet weights under the names they have in the detector; what it has no place for is left out."""
    if name == "vgg16":
        moved = {"features.": "backbone.", "classifier.": "roi_heads.box_head.layers."}
        last = "classifier.6."
    elif name == "mobilenet-v2":
        moved, last = {"features.": "backbone."}, "classifier."
    else:
        stages = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3")
        moved = {f"{stage}.": f"backbone.{place}." for place, stage in enumerate(stages)}
        moved["layer4."] = "roi_heads.box_head.0." if name == "resnet50-c4" else "backbone.7."
        last = "fc."
    return {
        moved[head] + key.removeprefix(head): value
        for key, value in state.items()
        for head in moved
        if key.startswith(head) and not key.startswith(last)
    }


def _entry(
    name: str, title: str, note: str, build: Callable[[int], FasterRCNN], classes: tuple[str, ...], file: HubFile
) -> Entry:
    return Entry(name, title, note, build, classes, backbone=file)


TAUGHT = {
    entry.name: entry
    for entry in (
        _entry(
            "vgg16",
            "VGG-16 (the paper's)",
            "One map of stride 16 and 512 channels, nine anchors a cell, two layers of 4096 as the head.",
            build_vgg16,
            VOC,
            HubFile.of(VGG16_Weights.IMAGENET1K_V1),
        ),
        _entry(
            "resnet50-c4",
            "ResNet-50 C4",
            "One map of stride 16 and 1024 channels; RoIs of 14 x 14 go through the last stage of the network.",
            build_resnet50_c4,
            VOC,
            HubFile.of(ResNet50_Weights.IMAGENET1K_V1),
        ),
        _entry(
            "resnet50-c5",
            "ResNet-50 C5",
            "One map of stride 32 and 2048 channels: coarse, and rich in what it says of each cell.",
            build_resnet50_c5,
            VOC,
            HubFile.of(ResNet50_Weights.IMAGENET1K_V1),
        ),
        _entry(
            "mobilenet-v2",
            "MobileNetV2 (torchvision's tutorial)",
            "One map of stride 32 and 1280 channels, anchors of 32, 64 and 128, and one class to be learnt.",
            build_mobilenet_v2,
            (BACKGROUND, "object"),
            HubFile.of(MobileNet_V2_Weights.IMAGENET1K_V1),
        ),
    )
}
