"""COCO object detection: one JSON file; boxes are x, y, width, height."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from frcnn_viz.data.annotations import AnnotatedImage, Box, DataError, Object
from frcnn_viz.data.formats.bounded import read_json
from frcnn_viz.data.formats.coco_entries import (
    Id,
    annotated_image,
    annotation_entry,
    category_entry,
    image_entry,
    label_of,
    shown,
)


def read_coco(content: bytes, file: str) -> tuple[list[AnnotatedImage], tuple[str, ...]]:
    """The images, and the classes in the order of their ids.

    An annotation of an id that `categories` lacks is labelled by that id; the checks tell it.

    Raises:
        DataError: it is no such file, or an annotation lacks its image or a box of four numbers.
    """
    listed: list[tuple[Id, str, int | None, int | None]] = []
    found: dict[Id, list[tuple[Box, Any, dict[str, bool]]]] = defaultdict(list)
    names: dict[Id, str] = {}
    is_coco, count = False, 0
    for key, item in read_json(content, file):
        if key not in ("images", "annotations", "categories") or item is None:
            continue
        is_coco |= key == "images"
        if item == ():
            continue
        if not isinstance(item, dict):
            raise DataError(f"{file}: {key!r} is not a list of objects.")
        if key == "images":
            listed.append(image_entry(item, file))
        elif key == "annotations":
            found[annotated_image(item, count, file)].append(annotation_entry(item, count, file))
            count += 1
        else:
            number, name = category_entry(item, file)
            names[number] = name
    if not is_coco:
        raise DataError(f"{file} is no COCO file: it has no list of images.")
    images = []
    for number, name, width, height in listed:
        entries = found.pop(number, ())
        objects = tuple(Object(box, label_of(category, names), **flags) for box, category, flags in entries)
        images.append(AnnotatedImage(name, objects, width, height, source=file))
    if found:
        raise DataError(f"{file} annotates image {shown(next(iter(found)))}, which is not in its list of images.")
    # Numbers before words, since the two have no order between them.
    order = sorted(names, key=lambda number: (isinstance(number, str), number))
    return images, tuple(dict.fromkeys(names[number] for number in order))


def write_coco(images: Sequence[AnnotatedImage], classes: Sequence[str]) -> bytes:
    """One file for all images; `difficult` and `truncated` go into `attributes`, as CVAT's exports have them."""
    ids = {name: number for number, name in enumerate(classes, start=1)}
    annotations: list[dict[str, Any]] = []
    for number, image in enumerate(images, start=1):
        for item in image.objects:
            x0, y0, x1, y1 = map(_plain, item.box)
            width, height = _plain(x1 - x0), _plain(y1 - y0)
            annotation = {
                "id": len(annotations) + 1,
                "image_id": number,
                "category_id": ids[item.label],
                "bbox": [x0, y0, width, height],
                "area": _plain(width * height),
                "iscrowd": int(item.crowd),
            }
            flags = {name: True for name in ("difficult", "truncated") if getattr(item, name)}
            annotations.append({**annotation, "attributes": flags} if flags else annotation)
    listed = [
        {"id": number, "file_name": image.name, "width": image.width, "height": image.height}
        for number, image in enumerate(images, start=1)
    ]
    categories = [{"id": number, "name": name} for name, number in ids.items()]
    content = {"images": listed, "annotations": annotations, "categories": categories}
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"


def _plain(value: float) -> float | int:
    """Whole numbers without a point, as annotation tools write them."""
    return int(value) if value == value and abs(value) < 2**53 and value == int(value) else value
