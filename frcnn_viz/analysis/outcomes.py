"""Which objects were found, by which detection, and which detections are false alarms.

Shape shorthand: D detections, best first; G ground-truth objects.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import box_iou

UNKNOWN = -1
"""The label of an object whose class the detector does not know."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Detections and objects, each with its partner.

    Attributes:
        detection_of_object: int64 [G], the detection that found each object, or -1: missed.
        object_of_detection: int64 [D], the object each detection found, or -1: a false alarm.
    """

    detection_of_object: Tensor
    object_of_detection: Tensor

    @property
    def missed(self) -> Tensor:
        """bool [G]."""
        return self.detection_of_object < 0

    @property
    def false_alarms(self) -> Tensor:
        """bool [D]."""
        return self.object_of_detection < 0


def judge(boxes: Tensor, labels: Tensor, truth: Tensor, truth_labels: Tensor, iou_thresh: float = 0.5) -> Outcomes:
    """Pair detections with objects as COCO's evaluation does.

    Each detection in turn takes the free object of its class that it overlaps most, from `iou_thresh` on. Objects
    of a class the detector does not know can then be found by place alone, by a detection that is left.

    Args:
        boxes: float32 [D, 4] xyxy, by falling score.
        labels: int64 [D].
        truth: float32 [G, 4], in the same frame.
        truth_labels: int64 [G]; `UNKNOWN` for a class that has no label.
        iou_thresh: the least overlap of a find.
    """
    detection_of_object = torch.full((len(truth),), -1, dtype=torch.int64)
    object_of_detection = torch.full((len(boxes),), -1, dtype=torch.int64)
    if len(boxes) and len(truth):
        iou = box_iou(boxes, truth).cpu()
        same = labels.cpu()[:, None] == truth_labels.cpu()
        strange = (truth_labels.cpu() == UNKNOWN).expand_as(same)
        for allowed in (same, strange):
            near = torch.where(allowed, iou, -1.0)
            for detection in (near.amax(dim=1) >= iou_thresh).nonzero()[:, 0].tolist():
                if object_of_detection[detection] >= 0:
                    continue
                overlap, found = torch.where(detection_of_object < 0, near[detection], -1.0).max(dim=0)
                if overlap >= iou_thresh:
                    detection_of_object[found] = detection
                    object_of_detection[detection] = found
    return Outcomes(detection_of_object, object_of_detection)
