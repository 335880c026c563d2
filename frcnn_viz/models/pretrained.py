"""torchvision's R-CNNs trained on COCO, with masks and keypoints: known by name, loaded from torch's hub folder."""

from __future__ import annotations

from functools import partial

from torch import nn
from torchvision.models import WeightsEnum, get_model
from torchvision.models.detection import (
    FasterRCNN_MobileNet_V3_Large_320_FPN_Weights,
    FasterRCNN_MobileNet_V3_Large_FPN_Weights,
    FasterRCNN_ResNet50_FPN_V2_Weights,
    FasterRCNN_ResNet50_FPN_Weights,
    KeypointRCNN_ResNet50_FPN_Weights,
    MaskRCNN_ResNet50_FPN_V2_Weights,
    MaskRCNN_ResNet50_FPN_Weights,
)
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.ops import FrozenBatchNorm2d

from frcnn_viz.models.entry import Entry
from frcnn_viz.models.hub import HubFile

FROZEN_EPS = {
    "fasterrcnn_resnet50_fpn": 0.0,
    "maskrcnn_resnet50_fpn": 0.0,
    "keypointrcnn_resnet50_fpn": 0.0,
    "fasterrcnn_mobilenet_v3_large_fpn": 1e-5,
    "fasterrcnn_mobilenet_v3_large_320_fpn": 1e-5,
}
"""Of the frozen norms that torchvision builds where it loads trained weights; the v2 models have none."""


def build(name: str, classes: int, *, frozen: bool = True, **options: object) -> GeneralizedRCNN:
    """torchvision's model with random weights, its norms those that the trained weights are made for.

    Without weights torchvision builds other norms than with them: `frozen=False` leaves it at that.
    """
    model = get_model(name, weights=None, weights_backbone=None, num_classes=classes, **options)
    if frozen and name in FROZEN_EPS:
        _freeze_norms(model.backbone.body, FROZEN_EPS[name])
    return model


def _freeze_norms(module: nn.Module, eps: float) -> None:
    for name, part in module.named_children():
        if isinstance(part, nn.BatchNorm2d):
            setattr(module, name, FrozenBatchNorm2d(part.num_features, eps))
        else:
            _freeze_norms(part, eps)


def _entry(name: str, title: str, note: str, weights: WeightsEnum) -> Entry:
    meta = weights.meta
    published = {"GFLOPS": float(meta["_ops"]), "parameters": float(meta["num_params"])}
    published |= {name: float(value) for name, value in meta["_metrics"]["COCO-val2017"].items()}
    return Entry(
        name,
        title,
        note,
        partial(build, name),
        tuple(meta["categories"]),
        tuple(meta.get("keypoint_names", ())),
        hub=HubFile.of(weights),
        published=published,
    )


PRETRAINED = {
    entry.name: entry
    for entry in (
        _entry(
            "fasterrcnn_resnet50_fpn",
            "ResNet-50 FPN (COCO)",
            "torchvision's reference: five levels, one anchor size on each, 91 labels.",
            FasterRCNN_ResNet50_FPN_Weights.COCO_V1,
        ),
        _entry(
            "fasterrcnn_resnet50_fpn_v2",
            "ResNet-50 FPN v2 (COCO)",
            "With batch normalisation in the pyramid and the heads, and a deeper RPN.",
            FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1,
        ),
        _entry(
            "fasterrcnn_mobilenet_v3_large_fpn",
            "MobileNetV3 FPN (COCO)",
            "Three maps of which two share a stride, and 15 anchors per cell.",
            FasterRCNN_MobileNet_V3_Large_FPN_Weights.COCO_V1,
        ),
        _entry(
            "fasterrcnn_mobilenet_v3_large_320_fpn",
            "MobileNetV3 FPN at 320 (COCO)",
            "The same for pictures resized to 320 pixels, with 150 proposals: quick, and blind to what is small.",
            FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1,
        ),
        _entry(
            "maskrcnn_resnet50_fpn",
            "Mask R-CNN, ResNet-50 FPN (COCO)",
            "A third head draws a mask of 28 x 28 for every detection.",
            MaskRCNN_ResNet50_FPN_Weights.COCO_V1,
        ),
        _entry(
            "maskrcnn_resnet50_fpn_v2",
            "Mask R-CNN, ResNet-50 FPN v2 (COCO)",
            "The same with batch normalisation in the pyramid and the heads.",
            MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1,
        ),
        _entry(
            "keypointrcnn_resnet50_fpn",
            "Keypoint R-CNN, ResNet-50 FPN (COCO)",
            "One class, person; a third head makes a heat map for each of 17 keypoints.",
            KeypointRCNN_ResNet50_FPN_Weights.COCO_V1,
        ),
    )
}
