"""Folders of results: of pictures really examined, and of rows drawn by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from frcnn_viz.analysis.examination import Examination, examine_image
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.analysis.waterfall import LOST_AT
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import load_image
from frcnn_viz.data.scenes import PRESETS, write_scenes
from frcnn_viz.data.sources import open_sources
from frcnn_viz.models.registry import Detector, load_detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.scale.folder import Plan, ResultsFolder
from frcnn_viz.scale.rows import TABLES

Row = dict[str, Any]


def make_plan(shards: int, images: int, **more: Any) -> Plan:
    versions = {"frcnn-viz": "0"}
    told = {"title": "scenes", "model": "street-fpn", "fingerprint": "0" * 64, "settings": {}}
    return Plan(
        **{**told, **more, "classes": ("background", "car"), "versions": versions, "device": "cpu", "fixes": False},
        shards=shards,
        images=images,
    )


def write_rows(path: Path, shards: Sequence[Mapping[str, Sequence[Row]]], **more: Any) -> ResultsFolder:
    """Rows of each shard, by table; what a row does not say is null."""
    folder = ResultsFolder(path)
    folder.plan = make_plan(len(shards), sum(len(of["images"]) for of in shards), **more)
    for shard, of in enumerate(shards):
        tables = {name: pa.Table.from_pylist(list(of.get(name, ())), schema) for name, schema in TABLES.items()}
        folder.write_shard(shard, f"{shard:016x}", tables)
    return folder


def write_examined(path: Path, pictures: Path, count: int = 4, **changes: Any) -> tuple[ResultsFolder, list]:
    """Scenes drawn to `pictures`, and what the street detector makes of them at changed settings."""
    if not pictures.is_dir():
        write_scenes(pictures, count, 3, PRESETS["crowded"])
    detector = load_detector("street-fpn", "cpu")
    settings = Settings.of(detector.model).replace(**changes)
    (source,) = open_sources([pictures])
    shards, examined = [], []
    for number, image in enumerate(read_dataset(source).images):
        loaded, truth = load_image(pictures / image.file), GroundTruth.of(image.objects)
        one = examine_image(detector, Trace(detector.model, loaded.pixels, settings), truth)
        examined.append((truth, one))
        tags = [("camera", f"camera {number % 2}")]
        told = {"path": str(pictures / image.file), "sha256": loaded.sha256, "tags": tags}
        rows = finding_rows(detector, image.name, truth, one)
        shards.append({"findings": rows, "images": [image_row(image.name, truth, one) | told]})
    return write_rows(path, shards, fingerprint=detector.fingerprint, settings=settings.inference), examined


def finding_rows(detector: Detector, name: str, truth: GroundTruth, one: Examination) -> list[Row]:
    rows = []
    for number, (finding, box) in enumerate(zip(one.findings, truth.boxes_in_image.tolist(), strict=True)):
        rows.append(
            {
                "image_id": name,
                "what": "ignored object" if finding.verdict is Verdict.IGNORED else "object",
                "number": number,
                "class": truth.names[number],
                "verdict": finding.verdict.value,
                "stage": LOST_AT.get(finding.verdict),
                "iou": finding.iou,
                "score": finding.score,
                **dict(zip(("x0", "y0", "x1", "y1"), box, strict=True)),
                "size": float(one.sizes[number]),
                "ious": one.ious[number].tolist(),
                "sentence": finding.sentence,
            }
        )
    for alarm in one.alarms:
        box = one.detections[alarm.detection].tolist()
        rows.append(
            {
                "image_id": name,
                "what": "false alarm",
                "number": alarm.detection,
                "class": detector.classes[int(one.labels[alarm.detection])],
                "verdict": alarm.mistake.value,
                "iou": alarm.iou,
                "score": float(one.scores[alarm.detection]),
                **dict(zip(("x0", "y0", "x1", "y1"), box, strict=True)),
                "size": 10.0,
                "near": alarm.object,
            }
        )
    return rows


def image_row(name: str, truth: GroundTruth, one: Examination) -> Row:
    corners = ("x0", "y0", "x1", "y1")
    counted = int(one.counted.sum())
    objects = [
        {**dict(zip(corners, item.box, strict=True)), "label": item.label, "crowd": item.crowd,
         "difficult": item.difficult, "truncated": False}
        for item in truth.objects
    ]  # fmt: skip
    detections = [
        {**dict(zip(corners, box, strict=True)), "label": label, "score": score, "ignored": False}
        for box, label, score in zip(one.detections.tolist(), one.labels.tolist(), one.scores.tolist(), strict=True)
    ]
    return {
        "image_id": name,
        "objects": counted,
        "found": counted - one.missed,
        "missed": one.missed,
        "false_alarms": len(one.alarms),
        "left_out": 0,
        "truth": objects,
        "detections": detections,
    }
