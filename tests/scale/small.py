"""Sets of many small scenes that cost little: a few are drawn, and every picture is one of them."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pyarrow as pa

from frcnn_viz.data.annotations import AnnotatedImage, Dataset, Object, all_classes
from frcnn_viz.data.formats.write import picture_name, written_files
from frcnn_viz.data.scenes import CLASSES, draw_scene
from frcnn_viz.scale import spill
from frcnn_viz.scale.folder import Plan, ResultsFolder
from frcnn_viz.scale.planning import make_plan

WIDTH, HEIGHT = 160, 120
DRAWN = 6
RUN = Plan("set", "tiny", "0" * 16, {"box_nms_thresh": 0.5}, ("background", "car"), {}, "cpu", False, 0, 0)
"""A run of nothing in particular."""


@cache
def drawn(seed: int) -> tuple[bytes, tuple[Object, ...]]:
    """A scene's PNG of 160 x 120 and what is on it."""
    scene, buffer = draw_scene(seed), io.BytesIO()
    scene.image.resize((WIDTH, HEIGHT)).save(buffer, "PNG")
    scale = scene.image.width / WIDTH
    rows = zip(scene.boxes_in_image.tolist(), scene.labels.tolist(), strict=True)
    objects = (Object(tuple(corner / scale for corner in box), CLASSES[label - 1]) for box, label in rows)
    return buffer.getvalue(), tuple(objects)


def scenes(count: int) -> Dataset:
    """So many annotated images."""
    images = [AnnotatedImage(f"{n:05d}.png", drawn(n % DRAWN)[1], WIDTH, HEIGHT) for n in range(count)]
    return Dataset(tuple(images), all_classes(images))


def write_set(folder: Path, count: int, format: str = "coco") -> Dataset:
    """Such images in a folder, their pictures links to the few that are drawn."""
    dataset = scenes(count)
    for name, content in written_files(dataset, format):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for n, image in enumerate(dataset.images):
        path = folder / picture_name(image, format)
        if n < DRAWN:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(drawn(n)[0])
        else:
            os.link(folder / picture_name(dataset.images[n % DRAWN], format), path)
    return dataset


def write_json(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def objects_of(row: dict) -> tuple[Object, ...]:
    """What a reference says is on its picture."""
    return tuple(
        Object((o["x0"], o["y0"], o["x1"], o["y1"]), o["label"], o["difficult"], o["truncated"], o["crowd"])
        for o in row["objects"]
    )


def rows_of(tables: Iterable[pa.Table]) -> dict[str, dict]:
    """References by id; no two have the same."""
    rows = pa.concat_tables(tables).to_pylist()
    assert len({row["image_id"] for row in rows}) == len(rows)
    return {row["image_id"]: row for row in rows}


def plan_until(named: str, path: str, step: int) -> None:
    """Plan, and die before a file is opened, made, renamed or removed so many times, once shards are being written."""
    seen = 0

    def watch(event: str, details: tuple) -> None:
        nonlocal seen
        if not seen and not str(details[:1]).count("/.planning/plan"):
            return
        if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir") or (event == "open" and path in str(details[0])):
            seen += 1
            if seen == step:
                os._exit(9)

    spill.BUCKETS = 8
    sys.addaudithook(watch)
    make_plan(named, ResultsFolder(Path(path)), RUN)
    os._exit(0)
