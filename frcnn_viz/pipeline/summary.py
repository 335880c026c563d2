"""A trace in numbers: what each stage counts, how long it took, and how many boxes each filter leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from frcnn_viz.pipeline.results import (
    Detections,
    Fate,
    FeatureMaps,
    NetworkInput,
    Proposals,
    RoiOutputs,
    RpnOutput,
)
from frcnn_viz.pipeline.tables import text_table


@dataclass(frozen=True)
class StageReport:
    """A stage's name, what it counts, how many, and the milliseconds it took when it was computed."""

    name: str
    unit: str
    count: int
    ms: float


UNITS = {
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
"""Of each stage, in order, what it counts."""
THIRD_HEAD = ("masks", "keypoints")
"""Stages that few detectors have."""


def stage_reports(results: Mapping[str, Any], ms: Mapping[str, float]) -> list[StageReport]:
    """Every stage that has a result, in order.

    Args:
        results: by stage; None, or none at all, where a stage has not run or the model has no such stage.
        ms: how long each stage took, by its name.
    """
    made = [(name, unit, results.get(name)) for name, unit in UNITS.items()]
    return [StageReport(name, unit, _count(result), ms[name]) for name, unit, result in made if result is not None]


def ran_table(title: str, results: Mapping[str, Any], ms: Mapping[str, float]) -> str:
    """The stages that have run, as plain text; then the names of those that have not. Arguments as `stage_reports`."""
    rows = [
        {"stage": stage.name, "number": stage.count, "of": stage.unit, "ms": round(stage.ms, 1)}
        for stage in stage_reports(results, ms)
    ]
    waiting = [name for name in UNITS if name not in results and name not in THIRD_HEAD]
    return text_table(title, rows) + (f"\n  not run yet: {', '.join(waiting)}" if waiting else "")


def _count(result: Any) -> int:
    if isinstance(result, NetworkInput):
        return result.input_size[0] * result.input_size[1]
    if isinstance(result, FeatureMaps):
        return sum(h * w for h, w in result.grid_sizes)
    if isinstance(result, RpnOutput):
        return len(result.objectness)
    return len(result.scores if isinstance(result, RoiOutputs) else result)


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
