"""COCO object detection: one JSON file; boxes are x, y, width, height."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from frcnn_viz.data.annotations import AnnotatedImage, Box, DataError, Object
from frcnn_viz.data.formats.bounded import read_json

Id = int | float | str


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
            name, number = item.get("file_name"), _id(item, "id", "an image", file)
            if not isinstance(name, str) or not name.strip():
                raise DataError(f"{file}: image {_shown(number)} has no file_name.")
            listed.append((number, name, _pixels(item.get("width")), _pixels(item.get("height"))))
        elif key == "annotations":
            image = _id(item, "image_id", f"annotation {_shown(item.get('id', count))}", file)
            found[image].append(_annotation(item, count, file))
            count += 1
        else:
            number = _id(item, "id", "a category", file)
            names[number] = _name(item.get("name"), number, file)
    if not is_coco:
        raise DataError(f"{file} is no COCO file: it has no list of images.")
    images = []
    for number, name, width, height in listed:
        objects = tuple(Object(box, _label(category, names), **flags) for box, category, flags in found.pop(number, ()))
        images.append(AnnotatedImage(name, objects, width, height, source=file))
    if found:
        raise DataError(f"{file} annotates image {_shown(next(iter(found)))}, which is not in its list of images.")
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


def _annotation(item: dict[str, Any], index: int, file: str) -> tuple[Box, Any, dict[str, bool]]:
    """Its box, category and flags; no object yet, since the categories may come last."""
    box = item.get("bbox")
    numbers = isinstance(box, list) and len(box) == 4 and all(_is_number(value) for value in box)
    if not numbers:
        raise DataError(f"{file}: annotation {_shown(item.get('id', index))} has no bbox of four numbers.")
    x, y, width, height = map(_float, box)
    attributes = item.get("attributes") if isinstance(item.get("attributes"), dict) else {}
    flags = {name: bool(attributes.get(name)) for name in ("difficult", "truncated")}
    return (x, y, x + width, y + height), item.get("category_id"), {**flags, "crowd": bool(item.get("iscrowd"))}


def _label(category: Any, names: dict[Id, str]) -> str:
    return names.get(category) if _is_id(category) and category in names else f"category {_shown(category)}"


def _name(name: Any, number: Id, file: str) -> str:
    if name is not None and not isinstance(name, str | int | float):
        raise DataError(f"{file}: category {_shown(number)} has {_shown(name)} as its name.")
    return str(name or number).strip() or str(number)


def _id(item: dict[str, Any], key: str, what: str, file: str) -> Id:
    number = item.get(key)
    if not _is_id(number):
        raise DataError(f"{file}: {what} has {_shown(number)} as {key}; it must be a whole number.")
    return number


def _is_id(value: Any) -> bool:
    """A whole number, also as a float; words are met, too."""
    return isinstance(value, str) or (_is_number(value) and value == value // 1)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _pixels(value: Any) -> int | None:
    return int(value) if _is_number(value) and 0 < value < 10**9 else None


def _plain(value: float) -> float | int:
    """Whole numbers without a point, as annotation tools write them."""
    return int(value) if value == value and abs(value) < 2**53 and value == int(value) else value


def _shown(value: Any) -> str:
    """A value in a sentence: what is nested has no end."""
    return {list: "a list", dict: "an object"}.get(type(value)) or repr(value)[:40]
