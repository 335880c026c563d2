"""What is wrong with annotations, before anything trains on them or is measured by them. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from frcnn_viz.data.annotations import AnnotatedImage, Box, Dataset, Object

Size = tuple[int, int]
SLACK = 0.5
"""Pixels a box may pass the image by: rounding, not a mistake."""


class Kind(StrEnum):
    """What is wrong, in the order in which it is told."""

    UNREADABLE = "unreadable file"
    NO_PICTURE = "picture missing"
    BAD_PICTURE = "picture unreadable"
    SIZE = "size disagrees"
    CORNERS = "width and height given as corners"
    NOT_FINITE = "not a number"
    INVERTED = "corners swapped"
    DEGENERATE = "no area"
    OUTSIDE = "outside the image"
    DUPLICATE = "duplicate"
    UNKNOWN_CLASS = "unknown class"
    OFFSET = "coordinates from 1"
    LABEL_RANGE = "label out of range"
    LABEL_OFFSET = "labels off by one"
    TOO_SMALL = "too small after the resize"
    NO_OBJECTS = "no objects at all"
    ONLY_VALIDATION = "class only in validation"


class Mend(StrEnum):
    """What can be done about it, when asked."""

    DROP = "drop"
    CLIP = "clip"
    SWAP = "swap"
    RESIZE = "take the picture's size"
    CORNERS = "read as x, y, width, height"
    SIZES = "read as two corners"
    SHIFT = "move by one pixel"
    ADD_CLASS = "add the class"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: what. file: where it is written. image: the image's name, empty for a whole file or set.
        object: its index in the image; None when it is not about one. value: what is there.
        sentence: all of it in words. mend: what would mend it; None when nothing here can.
    """

    kind: Kind
    file: str
    sentence: str
    image: str = ""
    object: int | None = None
    value: str = ""
    mend: Mend | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {**asdict(self), "kind": self.kind.value, "mend": self.mend and self.mend.value}


def check(
    dataset: Dataset, sizes: Mapping[str, Size | None] | None = None, classes: Iterable[str] | None = None
) -> list[Finding]:
    """All findings, file by file in the dataset's order.

    Args:
        dataset: as read.
        sizes: real width and height of the pictures, by image name: None for one that cannot be read, absent for
            one that is not there. Without it pictures are not looked for.
        classes: the classes that are known; those the format declares when None, any class where it declares none.
    """
    known = set(classes) if classes is not None else None if dataset.declared is None else set(dataset.declared)
    findings = [
        Finding(Kind.NOT_FINITE if bad.image else Kind.UNREADABLE, bad.file, bad.sentence, bad.image)
        for bad in dataset.unreadable
    ]
    suspect = _corner_findings(dataset, sizes or {})
    findings += suspect
    for image in dataset.images:
        real = image_size(image, sizes)
        findings += _picture_findings(image, sizes)
        findings += object_findings(image, real, known, places=not suspect)
    return findings


def notes(dataset: Dataset) -> list[Finding]:
    """What may be wrong but cannot be told from the files: VOC sets whose coordinates never fall below 1.

    Pascal VOC counts pixels from 1, both corners included; most tools that write its XML count edges from 0, and some
    of them clip at 1. One pixel moves the IoU of small boxes, so the reader decides.
    """
    boxes = [item.box for image in dataset.images for item in image.objects if item.usable]
    inclusive = any(
        item.box[2] == image.width or item.box[3] == image.height for image in dataset.images for item in image.objects
    )
    starts = [value for box in boxes for value in box[:2]]
    if dataset.format != "voc" or len(boxes) < 20 or min(starts) != 1 or not inclusive:
        return []
    sentence = (
        f"No box of these {len(dataset.images):,} images begins before pixel 1 and some end at the image's last: "
        "they may be counted from 1, as Pascal VOC does. If so, move the left and top edges by one pixel."
    )
    return [Finding(Kind.OFFSET, dataset.images[0].source, sentence, value="least edge 1", mend=Mend.SHIFT)]


def object_findings(
    image: AnnotatedImage, size: Size | None, known: set[str] | None, places: bool = True
) -> list[Finding]:
    """The findings about single objects of an image of a size (width, height), where it is known."""
    findings: list[Finding] = []
    seen: dict[tuple[Box, str], int] = {}
    for index, item in enumerate(image.objects):
        kind, mend, words = _place(item, size) if places else (None, None, "")
        if kind is not None:
            findings.append(finding_of(kind, image, index, words, mend))
        first = seen.setdefault((item.box, item.label), index)
        if first != index and item.usable:
            words = f"is the same as object {first}"
            findings.append(finding_of(Kind.DUPLICATE, image, index, words, Mend.DROP))
        if known is not None and item.label not in known:
            words = "is of a class that the class list lacks"
            findings.append(finding_of(Kind.UNKNOWN_CLASS, image, index, words, Mend.ADD_CLASS))
    return findings


def mend_object(item: Object, mend: Mend, size: Size | None) -> Object | None:
    """The object mended; None when it is dropped."""
    x0, y0, x1, y1 = item.box
    if mend is Mend.SWAP:
        return replace(item, box=(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    if mend is Mend.CLIP and size is not None:
        width, height = size
        clipped = replace(item, box=(max(0.0, x0), max(0.0, y0), min(float(width), x1), min(float(height), y1)))
        return clipped if clipped.usable else None
    if mend is Mend.CORNERS:
        return replace(item, box=(x0, y0, x0 + x1, y0 + y1))
    if mend is Mend.SIZES:
        return replace(item, box=(x0, y0, x1 - x0, y1 - y0))
    if mend is Mend.SHIFT:
        return replace(item, box=(x0 - 1, y0 - 1, x1, y1))
    return None if mend is Mend.DROP else item


def mend_dataset(dataset: Dataset, findings: Iterable[Finding], sizes: Mapping[str, Size | None]) -> Dataset:
    """The dataset with the mends of these findings done; nothing else is touched."""
    asked = [finding for finding in findings if finding.mend is not None]
    whole = {finding.mend for finding in asked if not finding.image}
    by_image: dict[str, list[Finding]] = {}
    for finding in asked:
        by_image.setdefault(finding.image, []).append(finding)
    images = []
    for image in dataset.images:
        mends = by_image.get(image.name, [])
        if any(finding.mend is Mend.RESIZE for finding in mends) and sizes.get(image.name):
            image = replace(image, width=sizes[image.name][0], height=sizes[image.name][1])
        size = image_size(image, sizes)
        wanted = {finding.object: finding.mend for finding in mends if finding.object is not None}
        objects: list[Object] = []
        for index, item in enumerate(image.objects):
            for mend in [*whole, *([wanted[index]] if index in wanted else [])]:
                item = item and mend_object(item, mend, size)
            if item is not None:
                objects.append(item)
        images.append(replace(image, objects=tuple(objects)))
    mended = dataset.with_images(images)
    if any(finding.mend is Mend.ADD_CLASS for finding in asked):
        mended = replace(mended, declared=mended.classes)
    return mended


def image_size(image: AnnotatedImage, sizes: Mapping[str, Size | None] | None) -> Size | None:
    """Width and height: the picture's own, else what the annotation states."""
    stated = (image.width, image.height) if image.width and image.height else None
    return (sizes or {}).get(image.name) or stated


def _picture_findings(image: AnnotatedImage, sizes: Mapping[str, Size | None] | None) -> list[Finding]:
    if sizes is None:
        return []
    if image.name not in sizes:
        sentence = f"{image.source} annotates {image.name}, which is not among the pictures."
        return [Finding(Kind.NO_PICTURE, image.source, sentence, image.name)]
    real = sizes[image.name]
    if real is None:
        sentence = f"{image.name} is damaged, or no picture that can be read."
        return [Finding(Kind.BAD_PICTURE, image.source or image.name, sentence, image.name)]
    if image.width and image.height and (image.width, image.height) != real:
        stated = f"{image.width} x {image.height}"
        sentence = f"{image.source} says that {image.name} is {stated}; it is {real[0]} x {real[1]}."
        return [Finding(Kind.SIZE, image.source, sentence, image.name, value=stated, mend=Mend.RESIZE)]
    return []


def _place(item: Object, size: Size | None) -> tuple[Kind | None, Mend | None, str]:
    x0, y0, x1, y1 = item.box
    if not item.finite:
        return Kind.NOT_FINITE, Mend.DROP, "has a corner that is no number a picture could have"
    if x1 < x0 or y1 < y0:
        return Kind.INVERTED, Mend.SWAP, "ends before it begins"
    if x1 == x0 or y1 == y0:
        return Kind.DEGENERATE, Mend.DROP, f"is {x1 - x0:g} px wide and {y1 - y0:g} px high"
    if size is None:
        return None, None, ""
    width, height = size
    if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
        return Kind.OUTSIDE, Mend.DROP, f"lies wholly outside the image of {width} x {height}"
    if min(x0, y0) < -SLACK or x1 > width + SLACK or y1 > height + SLACK:
        return Kind.OUTSIDE, Mend.CLIP, f"reaches outside the image of {width} x {height}"
    return None, None, ""


def finding_of(
    kind: Kind, image: AnnotatedImage, index: int, words: str, mend: Mend | None = None, value: str = ""
) -> Finding:
    """A finding about an object of an image; `value` is its box unless another is given."""
    item, where = image.objects[index], image.source or image.name
    place = ", ".join(f"{corner:g}" for corner in item.box)
    sentence = f"{where}: object {index} ({item.label}) at {place} {words}."
    return Finding(kind, where, sentence, image.name, index, value or place, mend)


def _corner_findings(dataset: Dataset, sizes: Mapping[str, Size | None]) -> list[Finding]:
    """Boxes whose numbers were meant another way: so many do not fit as read, and fit as the other."""
    placed = [
        (item, size)
        for image in dataset.images
        if (size := image_size(image, sizes))
        for item in image.objects
        if item.finite
    ]
    if len(placed) < 5:
        return []
    misfits = sum(_place(item, size)[0] is not None for item, size in placed)
    if misfits < 0.2 * len(placed):
        return []
    for mend, meant, given in (
        (Mend.CORNERS, "x, y, width and height", "two corners"),
        (Mend.SIZES, "two corners", "x, y, width and height"),
    ):
        others = [(mend_object(item, mend, size), size) for item, size in placed]
        if sum(_place(other, size)[0] is not None for other, size in others if other) <= 0.02 * len(placed):
            sentence = (
                f"{misfits:,} of {len(placed):,} boxes do not fit their image when read as {given}; "
                f"read as {meant}, they do."
            )
            return [Finding(Kind.CORNERS, dataset.images[0].source, sentence, value=given, mend=mend)]
    return []
