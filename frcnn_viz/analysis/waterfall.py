"""How far each object gets: the best overlap any box of each stage has with it, and the recall after each stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import box_iou, clip_boxes_to_image

from frcnn_viz.analysis.outcomes import UNKNOWN
from frcnn_viz.pipeline.boxes import to_input
from frcnn_viz.pipeline.results import Fate, flatten_candidates
from frcnn_viz.pipeline.trace import Trace

STAGES = (
    "anchors",
    "moved by the RPN",
    "top-n of each level",
    "large and likely enough",
    "RPN's NMS",
    "limit on proposals",
    "refined",
    "over the score threshold",
    "final NMS",
    "limit on detections",
)


@dataclass(frozen=True)
class Loss:
    """The stage that loses most. objects: how many it had and the stage after it lacks."""

    stage: str
    objects: int


def stage_ious(trace: Trace, boxes_in_image: Tensor, labels: Tensor) -> Tensor:
    """The best IoU of any box of each stage with each object: float32 [G, len(STAGES)], on the CPU.

    From the refined boxes on, a box must be of the object's class; for a class that the detector does not know, any
    will do.

    Args:
        trace: of the image.
        boxes_in_image: float32 [G, 4].
        labels: int64 [G], `UNKNOWN` for such a class.
    """
    first, last = trace.proposals, trace.detections
    device = trace.anchors.boxes.device
    labels = labels.to(device)
    with torch.inference_mode():
        truth = to_input(boxes_in_image.to(device, torch.float32), trace.input.image_size, trace.input.input_size)
        candidates = box_iou(truth, first.candidates)
        best = [
            best_iou(truth, trace.anchors.boxes),
            best_iou(truth, clip_boxes_to_image(trace.decoded, trace.input.input_size)),
            _best(candidates),
            _best(candidates[:, (first.fate != Fate.TOO_SMALL) & (first.fate != Fate.BELOW_SCORE)]),
            _best(candidates[:, first.nms_kept]),
            _best(candidates[:, first.kept]),
        ]
        boxes, _, of_class = flatten_candidates(trace.rois)
        refined = box_iou(truth, boxes)
        refined = refined.where((labels[:, None] == of_class) | (labels[:, None] == UNKNOWN), 0)
        scored = (last.fate != Fate.BELOW_SCORE) & (last.fate != Fate.TOO_SMALL)
        best += [_best(refined), _best(refined[:, scored])]
        best += [_best(refined[:, last.nms_kept]), _best(refined[:, last.kept])]
        return torch.stack(best, dim=1).cpu()


def recalls(ious: Tensor, threshold: float) -> list[float]:
    """The part of the objects [G, S] that reaches the threshold after each stage."""
    return (ious >= threshold).float().mean(dim=0).tolist()


def loses_most(ious: Tensor, threshold: float) -> Loss | None:
    """The stage whose filter loses most objects; None where none loses any."""
    alive = ious >= threshold
    lost = (alive[:, :-1] & ~alive[:, 1:]).sum(dim=0)
    if not len(ious) or not int(lost.max()):
        return None
    return Loss(STAGES[int(lost.argmax()) + 1], int(lost.max()))


def stage_ms(trace: Trace) -> dict[str, float]:
    """How long the stages took that make these boxes, by the pipeline's names."""
    return {stage.name: stage.ms for stage in trace.stages}


def group_rows(ious: Tensor, groups: Sequence[tuple[str, Tensor]], threshold: float) -> list[dict[str, object]]:
    """The recall after each stage of groups of objects (name, bool [G])."""
    return [
        {"group": name, "objects": int(of.sum()), **dict(zip(STAGES, recalls(ious[of], threshold), strict=True))}
        for name, of in groups
        if int(of.sum())
    ]


def best_iou(truth: Tensor, boxes: Tensor) -> Tensor:
    """The best IoU of each of `truth` [G, 4] with any of `boxes` [N, 4]: float32 [G], 0 where there is no box.

    Exactly `box_iou(truth, boxes).amax(dim=1)`, in a third of its time on a CPU: coordinates lie side by side.
    """
    x0, y0, x1, y1 = (side.contiguous() for side in boxes.unbind(dim=1))
    left, top, right, bottom = (side[:, None] for side in truth.unbind(dim=1))
    width = (torch.minimum(x1, right) - torch.maximum(x0, left)).clamp_(min=0)
    height = (torch.minimum(y1, bottom) - torch.maximum(y0, top)).clamp_(min=0)
    shared = width.mul_(height)
    union = ((right - left) * (bottom - top) + (x1 - x0) * (y1 - y0)).sub_(shared)
    return _best(shared.div_(union))


def _best(iou: Tensor) -> Tensor:
    """float32 [G]; 0 where there is no box."""
    return iou.amax(dim=1) if iou.shape[1] else iou.new_zeros(len(iou))
