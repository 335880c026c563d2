"""Who counts which anchors: the paper's own, torchvision's, and a simple tutorial's, on one picture.

All follow the same idea (paper, section 3.1.1) and differ in where a cell's anchors are centred, how their sides are
rounded, and whether those that cross the image's border take part in training.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.models.detection.anchor_utils import AnchorGenerator

from frcnn_viz.pipeline.boxes import are_inside
from frcnn_viz.pipeline.settings import Settings

PAPER_STRIDE = 16
PAPER_SCALES, PAPER_RATIOS = (8, 16, 32), (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Convention:
    """A named way of doing it.

    Attributes:
        name: on the screen. source: where it is written down.
        says: what is special about it, in sentences.
        settings: fields of `Settings` it fixes; anchor sizes are left to the detector.
        balanced: whether it draws as many negatives as there are positives.
    """

    name: str
    source: str
    says: tuple[str, ...]
    settings: dict[str, object]
    balanced: bool = False


CONVENTIONS = {
    "torchvision": Convention(
        "torchvision",
        "torchvision.models.detection.faster_rcnn.FasterRCNN, its defaults",
        (
            "Anchors are centred on a cell's first corner and rounded to whole pixels around it.",
            "Anchors that cross the border take part: they are only clipped after they have been moved.",
            "256 anchors an image, at most half positive; 512 RoIs, at most a quarter foreground.",
        ),
        {
            "rpn_fg_iou_thresh": 0.7,
            "rpn_bg_iou_thresh": 0.3,
            "rpn_batch_size_per_image": 256,
            "rpn_positive_fraction": 0.5,
            "rpn_pre_nms_top_n_train": 2000,
            "rpn_post_nms_top_n_train": 2000,
            "rpn_min_size": 0.001,
            "box_fg_iou_thresh": 0.5,
            "box_bg_iou_thresh": 0.5,
            "box_batch_size_per_image": 512,
            "box_positive_fraction": 0.25,
        },
    ),
    "paper": Convention(
        "the paper",
        "Ren et al., Faster R-CNN, 2015, sections 3.1 and 3.3, and its published code",
        (
            "Anchors are centred in the middle of a cell; nothing is rounded.",
            "In training, anchors that cross the border are left out: else training does not converge, it says.",
            "12,000 candidates enter NMS in training and 2,000 leave it; proposals under 16 pixels are dropped.",
            "256 anchors an image, at most half positive; 128 RoIs, at most a quarter foreground.",
        ),
        {
            "rpn_fg_iou_thresh": 0.7,
            "rpn_bg_iou_thresh": 0.3,
            "rpn_batch_size_per_image": 256,
            "rpn_positive_fraction": 0.5,
            "rpn_pre_nms_top_n_train": 12000,
            "rpn_post_nms_top_n_train": 2000,
            "rpn_min_size": 16.0,
            "box_fg_iou_thresh": 0.5,
            "box_bg_iou_thresh": 0.5,
            "box_batch_size_per_image": 128,
            "box_positive_fraction": 0.25,
        },
    ),
    "tutorial": Convention(
        "a simple tutorial",
        "common from-scratch tutorials in PyTorch",
        (
            "As many negatives are drawn as there are positives, however few.",
            "Ground truth is snapped to the cells of the feature map before it is matched, which moves its edges "
            "by up to half a stride.",
        ),
        {"rpn_fg_iou_thresh": 0.7, "rpn_bg_iou_thresh": 0.3, "rpn_positive_fraction": 0.5},
        balanced=True,
    ),
}


def centred_anchors(rows: int, columns: int) -> Tensor:
    """The paper's anchors as tutorials build them, on a grid of stride 16: float32 [rows * columns * 9, 4].

    Centred in the middle of a cell, their sides not rounded.
    """
    middle = PAPER_STRIDE / 2
    base = [
        (middle - side * ratio**-0.5 / 2, middle - side * ratio**0.5 / 2)
        for ratio in PAPER_RATIOS
        for side in (scale * PAPER_STRIDE for scale in PAPER_SCALES)
    ]
    boxes = [(x, y, 2 * middle - x, 2 * middle - y) for x, y in base]
    return _on_grid(torch.tensor(boxes, dtype=torch.float32), rows, columns)


def published_anchors(rows: int, columns: int) -> Tensor:
    """The anchors of the paper's published code, on the same grid.

    Pixels are counted with both corners included, so that a side of 16 ends at 15. The ratio is applied first and
    rounded, then the scale.
    """
    base = []
    middle = (PAPER_STRIDE - 1) / 2
    for ratio in PAPER_RATIOS:
        width = round((PAPER_STRIDE**2 / ratio) ** 0.5)
        height = round(width * ratio)
        for scale in PAPER_SCALES:
            half_w, half_h = (width * scale - 1) / 2, (height * scale - 1) / 2
            base.append((middle - half_w, middle - half_h, middle + half_w, middle + half_h))
    return _on_grid(torch.tensor(base, dtype=torch.float32), rows, columns)


def torchvision_anchors(rows: int, columns: int) -> Tensor:
    """torchvision's anchors of the same sizes (128, 256, 512) on the same grid: centred on a cell's first corner."""
    sizes = [scale * PAPER_STRIDE for scale in PAPER_SCALES]
    base = AnchorGenerator(((1,),), ((1.0,),)).generate_anchors(sizes, list(PAPER_RATIOS))
    return _on_grid(base, rows, columns)


WAYS = {
    "middle of the cell, exact sides": (centred_anchors, "the paper, as tutorials build it"),
    "pixel (7.5, 7.5), ratio rounded first": (published_anchors, "the paper's published code"),
    "first corner of the cell, sides rounded": (torchvision_anchors, "torchvision"),
}


def inside_count(boxes: Tensor, height: int, width: int) -> int:
    """How many boxes [N, 4] do not cross the border of a picture."""
    return int(are_inside(boxes, (height, width)).sum())


def snap_to_grid(boxes: Tensor, stride: tuple[int, int]) -> Tensor:
    """Boxes [N, 4] with their edges on the nearest borders of cells of `stride` (vertical, horizontal), never empty."""
    steps = torch.tensor([stride[1], stride[0]] * 2, dtype=boxes.dtype, device=boxes.device)
    cells = (boxes / steps).round()
    cells[:, 2:] = torch.maximum(cells[:, 2:], cells[:, :2] + 1)
    return cells * steps


def apply(convention: Convention, settings: Settings, positives: int | None = None) -> Settings:
    """The settings under a convention.

    Args:
        convention: of `CONVENTIONS`.
        settings: to change.
        positives: how many positive anchors there are, for a convention that draws as many negatives.
    """
    changes = dict(convention.settings)
    if convention.balanced and positives is not None:
        changes["rpn_batch_size_per_image"] = max(2, 2 * positives)
    return settings.replace(**changes)


def _on_grid(base: Tensor, rows: int, columns: int) -> Tensor:
    ys, xs = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    shifts = torch.stack([xs, ys, xs, ys], dim=-1).reshape(-1, 1, 4) * PAPER_STRIDE
    return (shifts + base).reshape(-1, 4)
