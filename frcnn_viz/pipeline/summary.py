"""A trace in numbers: what each stage counts, how long it took, and how many boxes each filter leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass

import torch
from torch import Tensor

from frcnn_viz.pipeline.results import Detections, Fate, FeatureMaps, NetworkInput, Proposals


@dataclass(frozen=True)
class StageReport:
    """A stage's name, what it counts, how many, and the milliseconds it took when it was computed."""

    name: str
    unit: str
    count: int
    ms: float


_UNITS = {
    "input": "pixels",
    "features": "cells",
    "anchors": "anchors",
    "rpn": "objectness scores",
    "decoded": "moved anchors",
    "proposals": "proposals",
    "rois": "RoIs",
    "detections": "detections",
    "masks": "masks",
    "keypoints": "sets of keypoints",
}


def stage_reports(
    net_input: NetworkInput, features: FeatureMaps, boxes: Mapping[str, Sized], ms: Mapping[str, float]
) -> list[StageReport]:
    """Every stage in order.

    Args:
        net_input: counted in pixels of the resized image.
        features: counted in cells.
        boxes: what each stage after them made, by its name, in order.
        ms: how long each stage took, by its name.
    """
    counts = {
        "input": net_input.input_size[0] * net_input.input_size[1],
        "features": sum(h * w for h, w in features.grid_sizes),
        **{name: len(made) for name, made in boxes.items()},
    }
    return [StageReport(name, _UNITS[name], count, ms[name]) for name, count in counts.items()]


def funnel(proposals: Proposals, detections: Detections) -> list[tuple[str, int]]:
    """How many boxes are left after each filter, from all anchors to the detections."""
    first, last = proposals.fate, detections.fate
    foreground = detections.rois.num_classes - 1
    return [
        ("anchors", proposals.num_anchors),
        ("top-n of each level", len(first)),
        ("size and objectness filter", _count_without(first, Fate.TOO_SMALL, Fate.BELOW_SCORE)),
        ("kept by the RPN's NMS", len(proposals.nms_kept)),
        ("proposals", len(proposals)),
        (f"proposals x {foreground} classes", len(last)),
        ("over the score threshold", _count_without(last, Fate.TOO_SMALL, Fate.BELOW_SCORE)),
        ("kept by the final NMS", len(detections.nms_kept)),
        ("detections", len(detections)),
    ]


def _count_without(fate: Tensor, *lost: Fate) -> int:
    return int(sum((fate != f).to(torch.int64) for f in lost).eq(len(lost)).sum())
