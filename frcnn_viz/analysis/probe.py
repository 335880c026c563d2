"""What each stage thinks of any box: its best anchor, the level it is pooled from, its classes, where it would go."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.ops import box_iou, clip_boxes_to_image

from frcnn_viz.pipeline.boxes import check_finite, to_input
from frcnn_viz.pipeline.rois import assign_levels, pool_rois
from frcnn_viz.pipeline.trace import Trace


@dataclass(frozen=True, eq=False)
class Passage:
    """A box through the second stage. Boxes are float32 [4], input frame.

    Attributes:
        box: as it went in. level: name of the map it was pooled from.
        pooled: float32 [channels, h, w].
        scores: float32 [C]. label: the likeliest class that is not background. refined: the box moved for it.
        stored: the proposal it is, whose stored numbers these are; None for any other box.
    """

    box: Tensor
    level: str
    pooled: Tensor
    scores: Tensor
    label: int
    refined: Tensor
    stored: int | None


@dataclass(frozen=True, eq=False)
class Probe:
    """All that is said of one box.

    Attributes:
        anchor: the anchor that overlaps it most. anchor_iou: how far. objectness: the RPN's probability of it.
        moved_iou: how far that anchor overlaps it after the RPN moved it.
        passages: through the second stage: the box, then what became of it, again.
    """

    anchor: int
    anchor_iou: float
    objectness: float
    moved_iou: float
    passages: tuple[Passage, ...]


def probe(trace: Trace, box_in_image: Tensor, times: int = 2) -> Probe:
    """Ask every stage about a box [4] in pixels of the user's image.

    Args:
        trace: of the image.
        box_in_image: with an area.
        times: how often it goes through the second stage, each time refined.

    Raises:
        ValueError: the box is not finite or has no area.
    """
    check_finite(box_in_image[None], "box")
    data, grid = trace.input, trace.anchors
    with torch.inference_mode():
        box = to_input(box_in_image[None].to(grid.boxes.device, torch.float32), data.image_size, data.input_size)
        if bool((box[:, 2:] <= box[:, :2]).any()):
            raise ValueError("the box has no area; draw a larger one.")
        iou = box_iou(box, grid.boxes)[0]
        anchor = int(iou.argmax())
        moved = clip_boxes_to_image(trace.decoded[anchor][None], data.input_size)
        passages = []
        at = box[0]
        for _ in range(times):
            passage = pass_through(trace, at)
            passages.append(passage)
            at = passage.refined
            if bool((at[2:] <= at[:2]).any()):
                break
        return Probe(
            anchor,
            float(iou[anchor]),
            float(trace.rpn.objectness[anchor].sigmoid()),
            float(box_iou(box, moved)),
            tuple(passages),
        )


def pass_through(trace: Trace, box: Tensor) -> Passage:
    """A box [4] of the input frame through the second stage; one that is a proposal gives that one's stored numbers."""
    model, data = trace.model, trace.input
    assigned = assign_levels(model, trace.features, box[None], data.input_size)
    pooled = pool_rois(model, trace.features, box[None], data.input_size)
    same = (trace.proposals.boxes == box).all(dim=1).nonzero()[:, 0]
    stored = int(same[0]) if len(same) else None
    if stored is not None:
        scores, boxes = trace.rois.scores[stored], trace.rois.boxes[stored]
    else:
        scores, boxes = _head(model, pooled, box, data.input_size)
    label = int(scores[1:].argmax()) + 1
    return Passage(box, assigned.names[int(assigned.levels[0])], pooled[0], scores, label, boxes[label], stored)


def _head(model: GeneralizedRCNN, pooled: Tensor, box: Tensor, input_size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Class probabilities [C] and the box moved for each class [C, 4], as `postprocess_detections` has them."""
    heads = model.roi_heads
    logits, regression = heads.box_predictor(heads.box_head(pooled))
    boxes = heads.box_coder.decode(regression, [box[None]])[0]
    return logits.softmax(dim=-1)[0], clip_boxes_to_image(boxes, input_size)
