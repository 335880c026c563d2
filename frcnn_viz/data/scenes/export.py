"""Scenes as files: PNG images and one COCO annotation file."""

from __future__ import annotations

import json
from pathlib import Path

from frcnn_viz.data.scenes.options import CLASSES, HEIGHT, ORDINARY, WIDTH, SceneOptions
from frcnn_viz.data.scenes.scene import draw_scene


def write_scenes(folder: Path, count: int, seed: int = 0, options: SceneOptions = ORDINARY) -> None:
    """Write the scenes of `count` seeds from `seed` on, and `annotations.json` with their boxes as COCO has them."""
    folder.mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number in range(count):
        scene = draw_scene(seed + number, options)
        name = f"scene-{seed + number:08}.png"
        scene.image.save(folder / name)
        images.append({"id": number + 1, "file_name": name, "width": WIDTH, "height": HEIGHT})
        for (x0, y0, x1, y1), label in zip(scene.boxes_in_image.tolist(), scene.labels.tolist(), strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number + 1,
                    "category_id": label,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": (x1 - x0) * (y1 - y0),
                    "iscrowd": 0,
                }
            )
    categories = [{"id": label, "name": name} for label, name in enumerate(CLASSES, start=1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
