"""Which detections are right, for figures over scores, and what objects are found as; ignored objects have no part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from frcnn_viz.analysis.metrics import known_objects
from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.data.ground_truth import GroundTruth


def confusion(
    predictions: Sequence[dict[str, Tensor]],
    ground_truth: Sequence[GroundTruth],
    classes: Sequence[str],
    min_score: float = 0.0,
) -> np.ndarray:
    """How often an object of one class is found as another: int64 [C, C] with the background, rows truth.

    Row 0 is the background: detections that are on no object. Column 0 are the missed ones. Detections and objects
    are paired by place alone (IoU 0.5), the best-scored first. Ignored objects, and detections on them, are left out.

    Args:
        predictions: as `coco_metrics` takes them, by falling score.
        ground_truth: likewise.
        classes: names of the labels 1, 2 ....
        min_score: detections under it are left out.
    """
    table = np.zeros((len(classes) + 1, len(classes) + 1), dtype=np.int64)
    for found, (truth, labels) in zip(predictions, known_objects(ground_truth, classes), strict=True):
        likely = found["scores"] >= min_score
        place, predicted = found["boxes"][likely], found["labels"][likely]
        anything = torch.zeros_like(predicted), torch.zeros_like(labels)
        pairs = judge(
            place, anything[0], truth.boxes_in_image, anything[1], crowd=truth.crowd, difficult=truth.difficult
        )
        finders = zip(labels.tolist(), pairs.detection_of_object.tolist(), truth.ignored.tolist(), strict=True)
        for label, detection, ignored in finders:
            if not ignored:
                table[label, int(predicted[detection]) if detection >= 0 else 0] += 1
        for label in predicted[pairs.false_alarms].tolist():
            table[0, label] += 1
    return table


@dataclass(frozen=True, eq=False)
class Scored:
    """The detections that count, for figures over their scores.

    Attributes:
        scores: float32 [D]. right: bool [D], finds as COCO pairs them at IoU 0.5; the others are false alarms.
        objects: how many there were to find.
    """

    scores: Tensor
    right: Tensor
    objects: int


def scored(
    predictions: Sequence[dict[str, Tensor]], ground_truth: Sequence[GroundTruth], classes: Sequence[str]
) -> Scored:
    """Which detections are right; arguments as `coco_metrics` takes them. Those on ignored objects are left out."""
    scores, right, objects = [torch.zeros(0)], [torch.zeros(0, dtype=torch.bool)], 0
    for found, (truth, labels) in zip(predictions, known_objects(ground_truth, classes), strict=True):
        boxes = truth.boxes_in_image
        pairs = judge(found["boxes"], found["labels"], boxes, labels, crowd=truth.crowd, difficult=truth.difficult)
        counted = ~pairs.ignored_detections
        scores.append(found["scores"][counted])
        right.append(~pairs.false_alarms[counted])
        objects += int((~truth.ignored).sum())
    return Scored(torch.cat(scores), torch.cat(right), objects)
