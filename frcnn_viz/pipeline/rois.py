"""Stage 6: RoIAlign and the second stage's head, for proposals not seen before.

Shape shorthand: R proposals seen so far; P proposals; C classes with background.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.ops import MultiScaleRoIAlign, clip_boxes_to_image, roi_pool

from frcnn_viz.pipeline.boxes import Size, check_finite
from frcnn_viz.pipeline.results import FeatureMaps, Proposals, RoiOutputs


@dataclass(frozen=True, eq=False)
class RoiTable:
    """What the head said of every proposal seen so far, found by the proposal's anchor.

    Attributes:
        row: int64 [A], the row of an anchor's proposal, or -1.
        class_logits: float32 [R, C].
        box_regression: float32 [R, C * 4].
    """

    row: Tensor
    class_logits: Tensor
    box_regression: Tensor


def pool_rois(
    model: GeneralizedRCNN,
    features: FeatureMaps,
    boxes: Tensor,
    input_size: Size,
    pooler: MultiScaleRoIAlign | None = None,
) -> Tensor:
    """RoIAlign of `boxes` [N, 4]: float32 [N, channels, 7, 7], or as the pooler has it; the box head's if None.

    Raises:
        ValueError: a box is not finite.
    """
    check_finite(boxes, "RoI", "Damaged weights (nan or inf among them) give such boxes.")
    pooler = copy.copy(pooler or model.roi_heads.box_roi_pool)  # it writes the maps' scales into itself on first use
    with torch.inference_mode():
        return pooler(features.maps, [boxes], [input_size])


def pool_rounded(model: GeneralizedRCNN, feature_map: Tensor, box: Tensor, spatial_scale: float) -> Tensor:
    """RoIPool, which Fast R-CNN had before RoIAlign, of one box on one map: float32 [channels, bins down, across].

    It rounds the box to whole cells and takes the largest value of each bin.

    Args:
        model: its pooler says how many bins there are.
        feature_map: float32 [1, channels, h, w].
        box: float32 [4], input frame.
        spatial_scale: cells per input pixel.
    """
    with torch.inference_mode():
        return roi_pool(feature_map, [box[None]], model.roi_heads.box_roi_pool.output_size, spatial_scale)[0]


def extend_table(
    model: GeneralizedRCNN, features: FeatureMaps, proposals: Proposals, input_size: Size, table: RoiTable | None
) -> RoiTable:
    """`table` with the proposals it lacks added; the same object when it lacks none.

    With no table, the head runs on all proposals in torchvision's order, so the rows equal torchvision's
    tensors exactly. Rows added later may differ from such a run by float rounding, since matrix products
    depend on the batch's size.
    """
    anchor = proposals.anchor[proposals.kept]
    missing = slice(None)  # all of them
    if table is not None:
        missing = table.row[anchor] < 0
        if not missing.any():
            return table
    class_logits, box_regression = run_head(model, features, proposals.boxes[missing], input_size)
    with torch.inference_mode():
        if table is None:
            row = torch.full((proposals.num_anchors,), -1, dtype=torch.int64, device=anchor.device)
            start = 0
        else:
            row, start = table.row.clone(), len(table.class_logits)
            class_logits = torch.cat([table.class_logits, class_logits])
            box_regression = torch.cat([table.box_regression, box_regression])
        row[anchor[missing]] = torch.arange(start, len(class_logits), device=anchor.device)
        return RoiTable(row=row, class_logits=class_logits, box_regression=box_regression)


def read_table(model: GeneralizedRCNN, proposals: Proposals, table: RoiTable, input_size: Size) -> RoiOutputs:
    """What `refine_rois` makes of the proposals and of their rows in the table."""
    with torch.inference_mode():
        rows = table.row[proposals.anchor[proposals.kept]]
        return refine_rois(model, proposals.boxes, table.class_logits[rows], table.box_regression[rows], input_size)


def run_head(model: GeneralizedRCNN, features: FeatureMaps, boxes: Tensor, input_size: Size) -> tuple[Tensor, Tensor]:
    """What the box head says of any `boxes` [N, 4] at once: class logits [N, C], deltas [N, C * 4].

    Raises:
        ValueError: a box is not finite.
    """
    heads = model.roi_heads
    with torch.inference_mode():
        return heads.box_predictor(heads.box_head(pool_rois(model, features, boxes, input_size)))


def refine_rois(
    model: GeneralizedRCNN, boxes: Tensor, class_logits: Tensor, box_regression: Tensor, input_size: Size
) -> RoiOutputs:
    """Scores and refined boxes of RoIs, as the first half of `RoIHeads.postprocess_detections`.

    Args:
        model: its box coder is used.
        boxes: float32 [N, 4], which the deltas move; wherever they are from.
        class_logits: float32 [N, C].
        box_regression: float32 [N, C * 4].
        input_size: boxes are clipped to it.
    """
    with torch.inference_mode():
        refined = model.roi_heads.box_coder.decode(box_regression, [boxes])
        return RoiOutputs(
            class_logits=class_logits,
            box_regression=box_regression,
            scores=torch.softmax(class_logits, -1),
            boxes=clip_boxes_to_image(refined, input_size).reshape(*class_logits.shape, 4),
        )


@dataclass(frozen=True, eq=False)
class LevelAssignment:
    """How the pooler chose its map for each box (FPN paper, equation 1).

    Attributes:
        names: the maps it pools from, finest first. scales: of each map, cells per input pixel.
        levels: int64 [N], index into `names`.
        target: float32 [N], `canonical_level + log2(sqrt(area) / canonical_scale)`, before floor and clamp.
        canonical_level, canonical_scale: the model's constants (4 and 224 in the paper).
    """

    names: list[str]
    scales: list[float]
    levels: Tensor
    target: Tensor
    canonical_level: int
    canonical_scale: int


def assign_levels(model: GeneralizedRCNN, features: FeatureMaps, boxes: Tensor, input_size: Size) -> LevelAssignment:
    """The map each of `boxes` [N, 4] is pooled from, by the pooler's own mapper; all 0 where there is one map."""
    pooler: MultiScaleRoIAlign = copy.copy(model.roi_heads.box_roi_pool)
    with torch.inference_mode():
        pooler(features.maps, [boxes[:0]], [input_size])  # sets the copy's scales and mapper
        names = [name for name in features.names if name in pooler.featmap_names]
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        target = pooler.canonical_level + torch.log2(area.sqrt() / pooler.canonical_scale)
        levels = pooler.map_levels([boxes]) if len(names) > 1 else torch.zeros_like(target, dtype=torch.int64)
    return LevelAssignment(
        names=names,
        scales=list(pooler.scales),
        levels=levels,
        target=target,
        canonical_level=pooler.canonical_level,
        canonical_scale=pooler.canonical_scale,
    )
