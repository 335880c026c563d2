"""What was found on one image, as rows of the tables that travel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from frcnn_viz.analysis.examination import Examination
from frcnn_viz.analysis.fixes import Fix
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.analysis.waterfall import LOST_AT
from frcnn_viz.data.annotations import FLAGS, Object
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.scale.rows import IMAGES

OBJECT, IGNORED, FALSE_ALARM = "object", "ignored object", "false alarm"
"""What a row of `rows.FINDINGS` is about."""
CORNERS = ("x0", "y0", "x1", "y1")


@dataclass(frozen=True, eq=False)
class Examined:
    """One image with all that is told of it.

    Attributes:
        objects: those of the truth, as they are annotated. one: what became of them.
        detection_sizes: float32 [D], square roots of the detections' areas in the network's input.
        fixes: the cheapest, by the number of the object; of those that have one.
        ms: of each stage, of decoding, of the examination besides, and of the search for fixes.
    """

    picture: LoadedImage
    truth: GroundTruth
    objects: Sequence[Object]
    one: Examination
    detection_sizes: Tensor
    fixes: Mapping[int, Fix]
    ms: Mapping[str, float]


def findings_of(image_id: str, found: Examined, classes: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Rows of `rows.FINDINGS`, as `told_of` has them, with the fixes and the sizes of false alarms."""
    for row in told_of(image_id, found.truth, found.one, classes):
        if row["what"] == FALSE_ALARM:
            row["size"] = float(found.detection_sizes[row["number"]])
        elif fix := found.fixes.get(row["number"]):
            row |= {"fix": fix.name, "fix_before": fix.before, "fix_after": fix.after}
            row |= {"fix_false_alarms": fix.false_alarms, "fix_found": fix.found}
        yield row


def told_of(image_id: str, truth: GroundTruth, one: Examination, classes: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What an examination alone says, by columns of `rows.FINDINGS`: the objects, then the false alarms by detection.

    Args:
        image_id: the image's.
        truth: what is on it.
        one: what became of that.
        classes: the detector's, by label.
    """
    table = zip(
        truth.names, truth.boxes_in_image.tolist(), one.findings, one.sizes.tolist(), one.ious.tolist(), strict=True
    )
    for number, (name, box, finding, size, ious) in enumerate(table):
        yield {
            "image_id": image_id,
            "what": IGNORED if finding.verdict is Verdict.IGNORED else OBJECT,
            "number": number,
            "class": name,
            "verdict": finding.verdict.value,
            "stage": LOST_AT.get(finding.verdict),
            "iou": finding.iou,
            "score": finding.score,
            **_corners(box),
            "size": size,
            "ious": ious,
            "near": finding.neighbour,
            "sentence": finding.sentence,
        }
    for alarm in one.alarms:
        at = alarm.detection
        yield {
            "image_id": image_id,
            "what": FALSE_ALARM,
            "number": at,
            "class": classes[int(one.labels[at])],
            "verdict": alarm.mistake.value,
            "iou": alarm.iou,
            "score": float(one.scores[at]),
            **_corners(one.detections[at].tolist()),
            "near": alarm.object,
            "sentence": "" if alarm.object is None else f"Nearest to object {alarm.object}.",
        }


def image_of(reference: Mapping[str, Any], found: Examined) -> dict[str, Any]:
    """The row of `rows.IMAGES`."""
    one = found.one
    height, width = found.picture.size
    counted = int(one.counted.sum())
    columns = (one.detections, one.labels, one.scores, one.ignored)
    detections = zip(*(column.tolist() for column in columns), strict=True)
    return {
        "image_id": reference["image_id"],
        "path": reference["path"],
        "sha256": found.picture.sha256,
        "width": width,
        "height": height,
        "objects": counted,
        "found": counted - one.missed,
        "missed": one.missed,
        "false_alarms": len(one.alarms),
        "left_out": found.truth.left_out,
        "truth": [row_of(item) for item in found.objects],
        "detections": [
            {**_corners(box), "label": label, "score": score, "ignored": ignored}
            for box, label, score, ignored in detections
        ],
        "tags": reference["tags"],
        "problem": None,
    }


def problem_of(reference: Mapping[str, Any], sentence: str) -> dict[str, Any]:
    """The row of an image that was not examined."""
    told = {name: reference[name] for name in ("image_id", "path", "tags")}
    return dict.fromkeys(IMAGES.names) | told | {"problem": sentence}


def times_of(image_id: str, found: Examined) -> Iterator[dict[str, Any]]:
    """Rows of `rows.TIMES`."""
    for stage, ms in found.ms.items():
        yield {"image_id": image_id, "stage": stage, "ms": ms}


def row_of(item: Object) -> dict[str, Any]:
    """The row of `rows.OBJECT`."""
    return {**_corners(item.box), "label": item.label, **{name: getattr(item, name) for name in FLAGS}}


def object_of(row: Mapping[str, Any]) -> Object:
    """An annotated object from its row of `rows.OBJECT`."""
    return Object(tuple(row[name] for name in CORNERS), row["label"], **{name: bool(row[name]) for name in FLAGS})


def _corners(box: Sequence[float]) -> dict[str, float]:
    return dict(zip(CORNERS, box, strict=True))
