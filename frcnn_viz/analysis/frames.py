"""A frame examined: the autopsy of its objects, and the numbers that are told over time, measured in the same trace."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from frcnn_viz.analysis.autopsy import Autopsy, examine
from frcnn_viz.analysis.case import IOU, Case, best_of
from frcnn_viz.analysis.margins import margin_of
from frcnn_viz.analysis.outcomes import UNKNOWN
from frcnn_viz.analysis.sightings import Box, Detected, Find, FrameRecord, Sighting, Suppressor
from frcnn_viz.analysis.verdicts import Finding
from frcnn_viz.analysis.waterfall import anchor_ious, reached
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.pipeline.summary import funnel
from frcnn_viz.pipeline.trace import Trace


def examine_frame(
    trace: Trace,
    truth: GroundTruth,
    identities: Sequence[str],
    classes: Sequence[str],
    frame: int,
    hidden: Collection[str] = (),
) -> FrameRecord:
    """What a detector did with one frame.

    Args:
        trace: of the frame; it may have run already, and nothing of it is kept.
        truth: the G objects that have a box.
        identities: of each of them, no two the same.
        classes: the detector's names by label.
        frame: its number.
        hidden: identities of objects, with or without a box, that cannot be seen here.

    Raises:
        ValueError: there is not one identity for each object, or two are the same.
    """
    if len(identities) != len(truth) or len(set(identities)) != len(identities):
        raise ValueError(f"frame {frame} has {len(truth)} objects and {len(set(identities))} different identities.")
    boxes_in_image = truth.boxes_in_image.to(trace.anchors.boxes.device, torch.float32)
    with torch.inference_mode():
        as_they_are, moved = first = anchor_ious(trace, boxes_in_image)
    autopsy = examine(trace, truth, classes, first)
    case = Case(trace, classes, boxes_in_image, autopsy.labels.tolist(), autopsy.outcomes)
    with torch.inference_mode():
        anchors = as_they_are.argmax(dim=1).tolist()
        likely = trace.rpn.objectness.where(moved >= IOU, -torch.inf).max(dim=1)
        likeliest = likely.indices.where(likely.values.isfinite(), -1).tolist()
        stages = reached(autopsy.ious, IOU).tolist()
        sightings = tuple(
            Sighting(
                identity=identities[g],
                name=name,
                box=tuple(truth.boxes_in_image[g].tolist()),
                hidden=identities[g] in hidden,
                verdict=autopsy.findings[g].verdict,
                sentence=autopsy.findings[g].sentence,
                reached=stages[g],
                anchor=anchors[g],
                **_likeliest(case, likeliest[g]),
                **_measured(case, autopsy, g, truth.names, identities),
            )
            for g, name in enumerate(truth.names)
        )
    return FrameRecord(
        frame,
        sightings,
        tuple(sorted(set(hidden) - set(identities))),
        _detected(trace, autopsy, classes),
        dict(funnel(trace.proposals, trace.detections)),
    )


def _measured(
    case: Case, autopsy: Autopsy, g: int, names: Sequence[str], identities: Sequence[str]
) -> dict[str, object]:
    """What a sighting holds besides the verdict and the anchors."""
    finding, ious = autopsy.findings[g], autopsy.ious[g].tolist()
    scores = _scores(case, g)
    return {
        "ious": tuple(ious),
        **scores,
        "suppressor": _suppressor(case, g, finding, names, identities),
        "neighbour": None if finding.neighbour is None else identities[finding.neighbour],
        "find": _find(case, g),
        "margin": margin_of(case, g, finding, ious, scores.get("score")),
    }


def _likeliest(case: Case, anchor: int) -> dict[str, object]:
    """Level, objectness and rank of the likeliest anchor that was moved onto an object; nothing where it is -1."""
    if anchor < 0:
        return {}
    return {
        "level": case.trace.anchors.place(anchor)[0],
        "objectness": float(case.trace.rpn.objectness[anchor].sigmoid()),
        "rank": case.rank_in_level(anchor),
    }


def _scores(case: Case, g: int) -> dict[str, object]:
    """What the second stage says of the boxes of its class on object g; nothing where none is."""
    label, rois = case.labels[g], case.trace.rois
    if label == UNKNOWN:
        return {}
    near = (case.overlaps(g, rois.boxes[:, label]) >= IOU).nonzero()[:, 0]
    if not len(near):
        return {}
    best = best_of(near, rois.scores[:, label])
    told = {"score": float(rois.scores[best, label]), "background": float(rois.scores[best, 0])}
    others = rois.scores[near].index_fill(1, torch.tensor([0, label], device=near.device), -1).amax(dim=0)
    if rois.num_classes > 2:
        other = int(others.argmax())
        told["rival"] = case.classes[other], float(others[other])
    return told


def _suppressor(
    case: Case, g: int, finding: Finding, names: Sequence[str], identities: Sequence[str]
) -> Suppressor | None:
    """Who suppressed the box that got furthest, and the object it lies on, if any."""
    trace, by = case.trace, finding.suppressor
    if by is None:
        return None
    if isinstance(by, tuple):
        box, score, name = trace.rois.boxes[by], trace.rois.scores[by], case.classes[by[1]]
    else:
        box, score, name = trace.proposals.candidates[by], trace.proposals.scores[by], None
    overlaps = torch.stack([case.overlaps(other, box[None])[0] for other in range(len(names))])
    own, on = float(overlaps[g]), finding.neighbour
    if on is None:
        overlaps[g] = 0
        on = int(overlaps.argmax()) if bool(overlaps.max() >= IOU) else None
    identity, name = (None, name) if on is None else (identities[on], names[on])
    return Suppressor(identity, name, _plain(trace.input.boxes_in_image(box[None])[0]), float(score), own)


def _detected(trace: Trace, autopsy: Autopsy, classes: Sequence[str]) -> tuple[Detected, ...]:
    found = trace.detections
    rows = (found.boxes_in_image, found.labels, found.scores, autopsy.outcomes.false_alarms)
    return tuple(
        Detected(tuple(box), classes[label], score, alarm)
        for box, label, score, alarm in zip(*(row.tolist() for row in rows), strict=True)
    )


def _find(case: Case, g: int) -> Find | None:
    """The detection that counts for object g."""
    detection = int(case.outcomes.detection_of_object[g])
    if detection < 0:
        return None
    found = case.trace.detections
    iou = float(case.overlaps(g, found.boxes[detection][None])[0])
    return Find(_plain(found.boxes_in_image[detection]), float(found.scores[detection]), iou)


def _plain(box: Tensor) -> Box:
    x0, y0, x1, y1 = box.tolist()
    return x0, y0, x1, y1
