"""A trace in numbers: what each stage counts, how long it took, and how many boxes each filter leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from frcnn_viz.pipeline.results import Fate

if TYPE_CHECKING:
    from frcnn_viz.pipeline.trace import Trace


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
_THIRD = ("masks", "keypoints")


def stage_reports(trace: Trace, ms: Mapping[str, float]) -> list[StageReport]:
    """Every stage of a trace, running those that have not run; `ms` are the trace's own times."""
    trace.detections  # noqa: B018  runs every stage
    counts = {
        "input": trace.input.resized.shape[-1] * trace.input.resized.shape[-2],
        "features": sum(h * w for h, w in trace.features.grid_sizes),
        "anchors": len(trace.anchors),
        "rpn": len(trace.rpn.objectness),
        "decoded": len(trace.decoded),
        "proposals": len(trace.proposals),
        "rois": len(trace.rois.scores),
        "detections": len(trace.detections),
    }
    counts |= {name: len(there) for name in _THIRD if (there := getattr(trace, name)) is not None}
    return [StageReport(name, _UNITS[name], count, ms[name]) for name, count in counts.items()]


def funnel_of(trace: Trace) -> list[tuple[str, int]]:
    """How many boxes of a trace are left after each filter, from all anchors to the detections."""
    first, last = trace.proposals.fate, trace.detections.fate
    foreground = trace.rois.num_classes - 1
    return [
        ("anchors", len(trace.anchors)),
        ("top-n of each level", len(first)),
        ("large and likely enough", _count_without(first, Fate.TOO_SMALL, Fate.BELOW_SCORE)),
        ("kept by the RPN's NMS", len(trace.proposals.nms_kept)),
        ("proposals", len(trace.proposals)),
        (f"proposals x {foreground} classes", len(last)),
        ("over the score threshold", _count_without(last, Fate.TOO_SMALL, Fate.BELOW_SCORE)),
        ("kept by the final NMS", len(trace.detections.nms_kept)),
        ("detections", len(trace.detections)),
    ]


def _count_without(fate: Tensor, *lost: Fate) -> int:
    return int(sum((fate != f).to(torch.int64) for f in lost).eq(len(lost)).sum())
