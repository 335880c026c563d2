"""What the eye should be told about drawn objects: those too small for the detector, and a start from its findings."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torchvision.ops import box_iou

from frcnn_viz.data.annotations import Object
from frcnn_viz.pipeline.results import Detections
from frcnn_viz.pipeline.trace import Trace

TINY = 8.0
"""Network-input pixels; a side under it is marked."""


def small_marks(trace: Trace, objects: Sequence[Object]) -> dict[int, str]:
    """For each usable object whose shorter side is under 8 px after the resize: its size there, and its best anchor.

    Args:
        trace: of the image, at the settings of the resize.
        objects: drawn on it.
    """
    down, across = trace.input.scale
    sides = {
        index: ((one.box[2] - one.box[0]) * across, (one.box[3] - one.box[1]) * down)
        for index, one in enumerate(objects)
        if one.usable
    }
    tiny = {index: size for index, size in sides.items() if min(size) < TINY}
    if not tiny:
        return {}
    boxes = torch.tensor([objects[index].box for index in tiny], dtype=torch.float32)
    sound = (boxes[:, 2:] > boxes[:, :2]).all(dim=1)  # what float32 cannot hold has no area for a detector
    best = torch.zeros(len(boxes))
    best[sound] = trace.match(boxes[sound]).best_iou_of_object.cpu()
    return {
        index: f"{width:.1f} x {height:.1f} px after resize, best anchor IoU {iou:.2f}"
        for (index, (width, height)), iou in zip(tiny.items(), best.tolist(), strict=True)
    }


def start_from_detections(
    found: Detections, classes: Sequence[str], objects: Sequence[Object], min_score: float
) -> list[Object]:
    """The objects, and after them the detections that overlap none of their class by half, in whole pixels.

    Args:
        found: in the trace of the image.
        classes: names by label.
        objects: already drawn.
        min_score: detections from this score on.
    """
    result = list(objects)
    for box, label, score in zip(
        found.boxes_in_image.tolist(), found.labels.tolist(), found.scores.tolist(), strict=True
    ):
        x0, y0, x1, y1 = map(float, map(round, box))
        one = Object((x0, y0, x1, y1), classes[label])
        rivals = [other.box for other in result if other.label == one.label and other.usable]
        near = rivals and float(box_iou(torch.tensor([one.box]), torch.tensor(rivals)).max()) >= 0.5
        if score >= min_score and one.usable and not near:
            result.append(one)
    return result
