"""A frame examined: the autopsy of its objects, and the numbers that are told over time, measured in the same trace."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from torch import Tensor

from frcnn_viz.analysis.autopsy import Autopsy, examine
from frcnn_viz.analysis.case import IOU, Case, rank_in_level
from frcnn_viz.analysis.margins import margin_of
from frcnn_viz.analysis.outcomes import UNKNOWN
from frcnn_viz.analysis.overlaps import Overlaps
from frcnn_viz.analysis.sightings import Box, Detected, Find, FrameRecord, Sighting, Suppressor
from frcnn_viz.analysis.verdicts import Finding
from frcnn_viz.analysis.waterfall import reached
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
    overlaps = Overlaps.of_truth(trace, truth, classes)
    autopsy = examine(trace, truth, classes, overlaps)
    case = Case(overlaps, classes, overlaps.labels.tolist(), autopsy.outcomes)
    detections = _detected(trace, autopsy, classes)
    anchors = overlaps.anchors.cpu().numpy().argmax(axis=1).tolist()
    stages, ious, boxes = reached(autopsy.ious, IOU).tolist(), autopsy.ious.tolist(), truth.boxes_in_image.tolist()
    likeliest, scores, finds = _likeliest(case), _scores(case), _finds(case, detections)
    sightings = tuple(
        Sighting(
            identity=identities[g],
            name=name,
            box=tuple(boxes[g]),
            hidden=identities[g] in hidden,
            verdict=finding.verdict,
            sentence=finding.sentence,
            reached=stages[g],
            ious=tuple(ious[g]),
            anchor=anchors[g],
            **likeliest[g],
            **scores[g],
            suppressor=_suppressor(case, g, finding, truth.names, identities),
            neighbour=None if finding.neighbour is None else identities[finding.neighbour],
            find=finds[g],
            margin=margin_of(case, g, finding, ious[g], scores[g].get("score")),
        )
        for g, (name, finding) in enumerate(zip(truth.names, autopsy.findings, strict=True))
    )
    return FrameRecord(
        frame,
        sightings,
        tuple(sorted(set(hidden) - set(identities))),
        detections,
        dict(funnel(trace.proposals, trace.detections)),
    )


def _likeliest(case: Case) -> list[dict[str, object]]:
    """Of each object, level, objectness and rank of the likeliest anchor that the RPN moved onto it, if any was."""
    trace, told = case.trace, []
    objectness = trace.rpn.objectness.cpu().numpy()
    for moved in case.overlaps.moved.cpu().numpy():
        near = np.flatnonzero(moved >= IOU)
        if not len(near):
            told.append({})
            continue
        anchor = int(near[objectness[near].argmax()])
        score = float(trace.rpn.objectness[anchor].sigmoid())
        level, rank = trace.anchors.place(anchor)[0], rank_in_level(trace, anchor)
        told.append({"level": level, "objectness": score, "rank": rank})
    return told


def _scores(case: Case) -> list[dict[str, object]]:
    """What the second stage says of the boxes of its class on each object; nothing where none is."""
    told, scores = [], case.trace.rois.scores.cpu().numpy()
    for label, refined in zip(case.labels, case.overlaps.refined.cpu().numpy(), strict=True):
        near = scores[refined >= IOU]  # [N, C]
        if label == UNKNOWN or not len(near):
            told.append({})
            continue
        best, others = near[near[:, label].argmax()], near.max(axis=0)
        others[[0, label]] = -1
        other = int(others.argmax())
        rival = {"rival": (case.classes[other], float(others[other]))} if len(others) > 2 else {}
        told.append({"score": float(best[label]), "background": float(best[0]), **rival})
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
    overlaps = case.overlaps.of(box[None])[:, 0].clone()
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


def _finds(case: Case, detections: Sequence[Detected]) -> list[Find | None]:
    """Of each object, the detection that counts for it."""
    rows = zip(case.outcomes.detection_of_object.tolist(), case.overlaps.detections.tolist(), strict=True)
    return [None if at < 0 else Find(detections[at].box, detections[at].score, ious[at]) for at, ious in rows]


def _plain(box: Tensor) -> Box:
    x0, y0, x1, y1 = box.tolist()
    return x0, y0, x1, y1
