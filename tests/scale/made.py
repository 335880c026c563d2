"""Folders of results: of pictures really examined, and of rows drawn by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from frcnn_viz.analysis.examination import examine_image
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import load_image
from frcnn_viz.data.scenes import PRESETS, write_scenes
from frcnn_viz.data.sources import open_sources
from frcnn_viz.models.registry import load_detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.scale.folder import Plan, ResultsFolder
from frcnn_viz.scale.found import Examined, findings_of, image_of
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
        found = Examined(loaded, truth, truth.objects, one, torch.full_like(one.scores, 10), fixes={}, ms=one.ms)
        tags = [("camera", f"camera {number % 2}")]
        reference = {"image_id": image.name, "path": str(pictures / image.file), "tags": tags}
        rows = findings_of(image.name, found, detector.classes)
        shards.append({"findings": [*rows], "images": [image_of(reference, found)]})
    return write_rows(path, shards, fingerprint=detector.fingerprint, settings=settings.inference), examined
