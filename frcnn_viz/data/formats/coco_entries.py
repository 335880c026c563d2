"""One entry of a COCO file by itself: an image, an annotation, a category. Whoever reads one, reads it here."""

from __future__ import annotations

from typing import Any

from frcnn_viz.data.annotations import Box, DataError

Id = int | float | str


def image_entry(item: dict[str, Any], file: str) -> tuple[Id, str, int | None, int | None]:
    """An image's id, file name, width and height.

    Raises:
        DataError: it lacks one of the first two.
    """
    name, number = item.get("file_name"), _id(item, "an image", file)
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"{file}: image {shown(number)} has no file_name.")
    return number, name, _pixels(item.get("width")), _pixels(item.get("height"))


def annotated_image(item: dict[str, Any], index: int, file: str) -> Id:
    """The id of the image that an annotation is of.

    Raises:
        DataError: it lacks that.
    """
    number = item.get("image_id")
    if not _is_id(number):
        raise _no_id(f"annotation {shown(item.get('id', index))}", number, "image_id", file)
    return number


def annotation_entry(item: dict[str, Any], index: int, file: str) -> tuple[Box, Any, dict[str, bool]]:
    """An annotation's box, category and flags; no object yet, since the categories may come last.

    Raises:
        DataError: it lacks a box of four numbers.
    """
    box = item.get("bbox")
    numbers = isinstance(box, list) and len(box) == 4 and all(_is_number(value) for value in box)
    if not numbers:
        raise DataError(f"{file}: annotation {shown(item.get('id', index))} has no bbox of four numbers.")
    x, y, width, height = map(_float, box)
    attributes = item.get("attributes") if isinstance(item.get("attributes"), dict) else {}
    flags = {name: bool(attributes.get(name)) for name in ("difficult", "truncated")}
    return (x, y, x + width, y + height), item.get("category_id"), {**flags, "crowd": bool(item.get("iscrowd"))}


def category_entry(item: dict[str, Any], file: str) -> tuple[Id, str]:
    """A category's id and name.

    Raises:
        DataError: it lacks the one, or has a list or an object for the other.
    """
    number, name = _id(item, "a category", file), item.get("name")
    if name is not None and not isinstance(name, str | int | float):
        raise DataError(f"{file}: category {shown(number)} has {shown(name)} as its name.")
    return number, str(name or number).strip() or str(number)


def label_of(category: Any, names: dict[Id, str]) -> str:
    """The name of an annotation's category; one that the file does not list goes by its id."""
    return names.get(category) if _is_id(category) and category in names else f"category {shown(category)}"


def shown(value: Any) -> str:
    """A value in a sentence: what is nested has no end."""
    return {list: "a list", dict: "an object"}.get(type(value)) or repr(value)[:40]


def _id(item: dict[str, Any], what: str, file: str) -> Id:
    number = item.get("id")
    if not _is_id(number):
        raise _no_id(what, number, "id", file)
    return number


def _no_id(what: str, number: Any, key: str, file: str) -> DataError:
    return DataError(f"{file}: {what} has {shown(number)} as {key}; it must be a whole number.")


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
