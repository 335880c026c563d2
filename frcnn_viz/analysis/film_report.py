"""A clip's examination as plain rows, for files and for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from frcnn_viz.analysis.consistency import mean_errors, steadiness
from frcnn_viz.analysis.flicker import gaps
from frcnn_viz.analysis.sightings import FrameRecord, Sighting

COLUMNS = (
    *("frame", "seconds", "what", "object", "class", "reached", "verdict", "x0", "y0", "x1", "y1", "score", "iou"),
    *("objectness", "rank", "best_anchor_iou", "best_proposal_iou", "suppressor", "sentence"),
)


def film_rows(records: Sequence[FrameRecord], times: Sequence[float]) -> list[dict[str, Any]]:
    """One row for each object in each frame, hidden ones among them, and for each false alarm; by `COLUMNS`.

    `score` and `iou` are those of the detection that counts for the object, else the best score that a box on it has
    for its class. What was not measured is None. Boxes are xyxy, in pixels of the frame.
    """
    rows = []
    for record in records:
        at = {"frame": record.frame, "seconds": round(times[record.frame], 4)}
        rows += [{**at, **_object(one)} for one in record.sightings]
        rows += [{**at, "what": "object", "object": identity, "reached": "hidden"} for identity in record.hidden]
        for one in record.detections:
            if one.false_alarm:
                box = dict(zip(("x0", "y0", "x1", "y1"), one.box, strict=True))
                rows.append({**at, "what": "false alarm", "class": one.name, "score": one.score, **box})
    return [{name: row.get(name) for name in COLUMNS} for row in rows]


def film_summary(records: Sequence[FrameRecord]) -> dict[str, Any]:
    """The gaps with their causes, how steady each object's detections are, and the means of both errors."""
    objects = steadiness(records)
    found = [
        {**asdict(gap), "margin": gap.margin and {"by": gap.margin.by, "unit": str(gap.margin.unit)}}
        for gap in gaps(records)
    ]
    return {
        "frames": len(records),
        "false_alarms": sum(record.false_alarms for record in records),
        "gaps": found,
        "objects": [asdict(one) for one in objects],
        "errors": mean_errors(objects),
    }


def _object(one: Sighting) -> dict[str, Any]:
    return {
        "what": "object",
        "object": one.identity,
        "class": one.name,
        "reached": one.cell.name.lower().replace("_", " "),
        "verdict": one.verdict.value,
        **dict(zip(("x0", "y0", "x1", "y1"), one.box, strict=True)),
        "score": one.find.score if one.find else one.score,
        "iou": one.find.iou if one.find else None,
        "objectness": one.objectness,
        "rank": one.rank,
        "best_anchor_iou": one.iou("anchors"),
        "best_proposal_iou": one.iou("limit on proposals"),
        "suppressor": one.suppressor and (one.suppressor.identity or one.suppressor.name),
        "sentence": one.sentence,
    }
