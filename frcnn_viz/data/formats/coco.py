"""COCO object detection: one JSON file; boxes are x, y, width, height."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Object


def read_coco(content: bytes, file: str) -> tuple[list[AnnotatedImage], tuple[str, ...]]:
    """The images, and the classes in the order of their ids.

    An annotation of an id that `categories` lacks is labelled by that id; the checks tell it.

    Raises:
        DataError: it is no such file, or an annotation lacks its image or a box of four numbers.
    """
    root = parse_json(content, file)
    if not isinstance(root, dict) or not isinstance(root.get("images"), list):
        raise DataError(f"{file} is no COCO file: it has no list of images.")
    categories = {_id(item, "category", file): item for item in _list(root, "categories", file)}
    names = {number: str(item.get("name") or number).strip() for number, item in categories.items()}
    objects: dict[Any, list[Object]] = defaultdict(list)
    for index, item in enumerate(_list(root, "annotations", file)):
        objects[item.get("image_id")].append(_object(item, index, names, file))
    images = []
    for item in _list(root, "images", file):
        name = item.get("file_name")
        if not isinstance(name, str) or not name.strip():
            raise DataError(f"{file}: image {_shown(item.get('id'))} has no file_name.")
        found = tuple(objects.pop(_id(item, "image", file), ()))
        images.append(AnnotatedImage(name, found, _pixels(item.get("width")), _pixels(item.get("height")), source=file))
    if objects:
        raise DataError(f"{file} annotates image {_shown(next(iter(objects)))}, which is not in its list of images.")
    return images, tuple(dict.fromkeys(names[number] for number in sorted(names)))


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


def parse_json(content: bytes, file: str) -> Any:
    """Any JSON.

    Raises:
        DataError: it is none.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} is not well-formed JSON ({str(error)[:80]}); export it again.") from error


def _object(item: dict[str, Any], index: int, names: dict[Any, str], file: str) -> Object:
    box = item.get("bbox")
    numbers = isinstance(box, list) and len(box) == 4 and all(_is_number(value) for value in box)
    if not numbers:
        raise DataError(f"{file}: annotation {_shown(item.get('id', index))} has no bbox of four numbers.")
    x, y, width, height = map(_float, box)
    attributes = item.get("attributes") if isinstance(item.get("attributes"), dict) else {}
    category = item.get("category_id")
    return Object(
        (x, y, x + width, y + height),
        names.get(category if isinstance(category, int | str) else None) or f"category {_shown(category)}",
        difficult=bool(attributes.get("difficult")),
        truncated=bool(attributes.get("truncated")),
        crowd=bool(item.get("iscrowd")),
    )


def _list(root: dict[str, Any], key: str, file: str) -> list[dict[str, Any]]:
    items = root.get(key) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DataError(f"{file}: {key!r} is not a list of objects.")
    return items


def _id(item: dict[str, Any], what: str, file: str) -> int | str:
    number = item.get("id")
    if isinstance(number, bool) or not isinstance(number, int | str):
        raise DataError(f"{file} has a {what} whose id is {_shown(number)}; it must be a whole number.")
    return number


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
    return repr(value)[:40]
