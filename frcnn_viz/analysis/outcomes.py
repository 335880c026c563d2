"""Which objects were found, by which detection, which detections are false alarms, and which count as neither.

Shape shorthand: D detections, best first; G ground-truth objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.data.ground_truth import GroundTruth

UNKNOWN = -1
"""The label of an object whose class the detector does not know."""
NONE = np.float32(-1)
"""Less than any overlap."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Detections and objects, each with its partner. All on the CPU.

    Attributes:
        detection_of_object: int64 [G], the detection that found each object, or -1.
        object_of_detection: int64 [D], the object each detection found, or -1.
        ignored_of_detection: int64 [D], the ignored object that each other detection lies on, or -1.
        ignored: bool [G], objects that are neither found nor missed.
    """

    detection_of_object: Tensor
    object_of_detection: Tensor
    ignored_of_detection: Tensor
    ignored: Tensor

    @property
    def found(self) -> Tensor:
        """bool [G]."""
        return self.detection_of_object >= 0

    @property
    def missed(self) -> Tensor:
        """bool [G]."""
        return ~self.found & ~self.ignored

    @property
    def ignored_detections(self) -> Tensor:
        """Neither finds nor false alarms: bool [D]."""
        return self.ignored_of_detection >= 0

    @property
    def false_alarms(self) -> Tensor:
        """bool [D]."""
        return (self.object_of_detection < 0) & ~self.ignored_detections


def judge_picture(boxes_in_image: Tensor, labels: Tensor, truth: GroundTruth, classes: Sequence[str]) -> Outcomes:
    """`judge` on the objects of a picture with their flags; `classes` are the detector's, by label."""
    objects = truth.boxes_in_image, truth.labels_in(classes)
    return judge(boxes_in_image, labels, *objects, crowd=truth.crowd, difficult=truth.difficult)


def counted_finds(outcomes: Outcomes, truth: GroundTruth, classes: Sequence[str]) -> tuple[int, int]:
    """How many objects were found, and of how many: neither ignored ones count, nor those of classes without a label.

    So do the other figures count, for which what is found by its place alone is neither a find nor a miss.
    """
    counted = ~outcomes.ignored & (truth.labels_in(classes) != UNKNOWN)
    return int((outcomes.found & counted).sum()), int(counted.sum())


def judge(
    boxes: Tensor,
    labels: Tensor,
    truth: Tensor,
    truth_labels: Tensor,
    iou_thresh: float = 0.5,
    crowd: Tensor | None = None,
    difficult: Tensor | None = None,
    overlaps: Tensor | None = None,
) -> Outcomes:
    """Pair detections with objects as COCO's evaluation does.

    Each detection in turn takes the free object of its class that it overlaps most, from `iou_thresh` on. What is left
    may lie on an ignored object of its class, and any number may: on a crowd by the part of the detection that is
    inside (COCO), on a difficult object by IoU (Pascal VOC). Objects of a class the detector does not know can then be
    found, or ignored, by place alone, by a detection that is left.

    Args:
        boxes: float32 [D, 4] xyxy, by falling score.
        labels: int64 [D].
        truth: float32 [G, 4], in the same frame, on any device.
        truth_labels: int64 [G]; `UNKNOWN` for a class that has no label.
        iou_thresh: the least overlap of a find.
        crowd: bool [G], the crowds among them; none where not given.
        difficult: bool [G], likewise.
        overlaps: float32 [D, G], the IoU of all detections with all objects, where it is measured.
    """
    crowd, difficult = (torch.zeros(len(truth), dtype=torch.bool) if of is None else of for of in (crowd, difficult))
    ignored = (crowd | difficult).numpy()
    detection_of_object = np.full(len(truth), -1)
    object_of_detection, ignored_of_detection = np.full((2, len(boxes)), -1)
    if len(boxes) and len(truth):
        truth = truth.to(boxes.device)
        overlaps = (box_iou(boxes, truth) if overlaps is None else overlaps).cpu()
        if bool(crowd.any()):
            overlaps = torch.where(crowd, _part_inside(boxes, truth).cpu(), overlaps)
        iou, truth_labels = overlaps.numpy(), truth_labels.cpu().numpy()
        same = labels.cpu().numpy()[:, None] == truth_labels
        for allowed in (same, truth_labels == UNKNOWN):
            if not allowed.any():
                continue
            near = np.where(allowed & ~ignored, iou, NONE)
            for detection in np.flatnonzero(near.max(axis=1) >= iou_thresh).tolist():
                if object_of_detection[detection] >= 0 or ignored_of_detection[detection] >= 0:
                    continue
                found = near[detection].argmax()
                if near[detection, found] >= iou_thresh:
                    detection_of_object[found] = detection
                    object_of_detection[detection] = found
                    near[:, found] = NONE  # it is no longer free
            inside = np.where(allowed & ignored, iou, NONE)
            left = (inside.max(axis=1) >= iou_thresh) & (object_of_detection < 0) & (ignored_of_detection < 0)
            ignored_of_detection[left] = inside[left].argmax(axis=1)
    return Outcomes(*map(torch.from_numpy, (detection_of_object, object_of_detection, ignored_of_detection, ignored)))


def _part_inside(boxes: Tensor, truth: Tensor) -> Tensor:
    """The part of each detection's area that lies in each object: float32 [D, G]."""
    top_left = torch.maximum(boxes[:, None, :2], truth[:, :2])
    bottom_right = torch.minimum(boxes[:, None, 2:], truth[:, 2:])
    return (bottom_right - top_left).clamp(min=0).prod(dim=2) / (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)[:, None]
