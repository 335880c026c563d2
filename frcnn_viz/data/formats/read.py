"""A folder, zip or file of annotations becomes a `Dataset`, whatever its format."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import PurePosixPath

from PIL import Image

from frcnn_viz.data import images as pictures
from frcnn_viz.data.annotations import MAX_OBJECTS, AnnotatedImage, DataError, Dataset, Unreadable, all_classes
from frcnn_viz.data.formats import coco, cvat, voc, yolo
from frcnn_viz.data.formats.names import Pictures
from frcnn_viz.data.images import clean_name
from frcnn_viz.data.sources import Source, suffix


def read_dataset(source: Source) -> Dataset:
    """Every image of the source with its annotations; pictures without any are there with no objects.

    A file that cannot be read is left out and told in `unreadable`; the others are read all the same.

    Raises:
        DataError: there is nothing to read, or the only annotation file cannot be read, or several formats are mixed.
    """
    listed = Pictures(source)
    found, declared, unreadable, formats = _annotations(source, listed)
    images, taken = [], set()
    for image in found:
        if len(image.objects) > MAX_OBJECTS:
            count = f"{len(image.objects):,} objects; at most {MAX_OBJECTS:,}"
            unreadable.append(Unreadable(image.source, f"{image.name} has {count} can be shown."))
            continue
        taken.add(image.file)
        images.append(_finite(image, unreadable))
    images += [
        AnnotatedImage(_shown(PurePosixPath(name).name), file=name) for name in source.images if name not in taken
    ]
    if not images:
        if unreadable:
            raise DataError(unreadable[0].sentence)
        raise DataError(f"{source.title} holds no picture and no annotation of VOC, COCO, YOLO or CVAT.")
    images = sorted(_named_apart(images), key=lambda image: image.name)
    classes = all_classes(images, declared or ())
    return Dataset(tuple(images), classes, " and ".join(sorted(formats)), declared, tuple(unreadable))


def _named_apart(images: list[AnnotatedImage]) -> list[AnnotatedImage]:
    """Images that share a name, such as those of `train` and `val`, are called by their path."""
    counts = Counter(image.name for image in images)
    return [
        replace(image, name=_shown(image.file)) if counts[image.name] > 1 and image.file else image for image in images
    ]


def _finite(image: AnnotatedImage, unreadable: list[Unreadable]) -> AnnotatedImage:
    """The image without the objects whose corners are no numbers, which nothing after this could draw or write."""
    odd = [(index, item) for index, item in enumerate(image.objects) if not item.finite]
    if not odd:
        return image
    index, item = odd[0]
    more = f", and {len(odd) - 1:,} more" if len(odd) > 1 else ""
    where = ", ".join(f"{corner:g}" for corner in item.box)
    sentence = (
        f"{image.source}: object {index} ({item.label}) of {image.name} at {where}{more}: "
        "a corner is no number that a picture could have; left out."
    )
    unreadable.append(Unreadable(image.source, sentence, image.name))
    return replace(image, objects=tuple(item for item in image.objects if item.finite))


def _shown(name: str) -> str:
    """A name from a file as it can be shown and written: no surrogates, no control characters, of a usual length."""
    return clean_name(name, 255)


def _left_out(file: str, error: DataError) -> Unreadable:
    return Unreadable(_shown(file), clean_name(str(error), 300))


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a picture as it is shown (upright), from its header alone; None where there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=pictures.FORMATS) as image:
                return pictures.upright_size(image, content)
    except Exception:  # any failure means the same: no picture
        return None


def _annotations(
    source: Source, listed: Pictures
) -> tuple[list[AnnotatedImage], tuple[str, ...] | None, list[Unreadable], set[str]]:
    images: list[AnnotatedImage] = []
    unreadable: list[Unreadable] = []
    formats: set[str] = set()
    declared: tuple[str, ...] | None = None
    for file in source.annotations("xml", "json"):
        told = _shown(file)
        try:
            content = source.read(file)
            if suffix(file) == "json":
                kind, (read, classes) = "coco", coco.read_coco(content, told)
            elif b"<annotations" in content[:2000]:
                kind, (read, classes) = "cvat", cvat.read_cvat(content, told)
            else:
                kind, read, classes = "voc", [voc.read_voc(content, told)], None
        except DataError as error:
            unreadable.append(_left_out(file, error))
            continue
        formats.add(kind)
        images += [replace(image, name=_shown(image.name), file=listed.find(image.name, file)) for image in read]
        if classes is not None:
            declared = tuple(dict.fromkeys((*(declared or ()), *classes)))
    if not images:
        images, classes, bad = _yolo(source, listed)
        unreadable += bad
        if images:
            formats, declared = {"yolo"}, classes
    return images, declared, unreadable, formats


def _yolo(source: Source, listed: Pictures) -> tuple[list[AnnotatedImage], tuple[str, ...] | None, list[Unreadable]]:
    classes: tuple[str, ...] | None = None
    named = source.annotations("txt", "names", "yaml", "yml", "labels")
    for file in sorted(named, key=lambda name: name.count("/")):
        if classes is None and PurePosixPath(file).name.lower() in yolo.CLASS_FILES:
            classes = yolo.read_classes(source.read(file), _shown(file))
    images: list[AnnotatedImage] = []
    unreadable: list[Unreadable] = []
    for file in source.annotations("txt"):
        picture = listed.find(file, file)
        if picture is None or PurePosixPath(file).name.lower() in yolo.CLASS_FILES:
            continue
        told = _shown(file)
        try:
            content = source.read(file)
            if not yolo.looks_like_labels(content) and not images:
                continue
            size = picture_size(source.read(picture))
            if size is None:
                raise DataError(f"{_shown(picture)} is no picture that can be read, so {told} cannot be placed on it.")
            objects = yolo.read_yolo(content, told, classes or (), *size)
        except DataError as error:
            unreadable.append(_left_out(file, error))
            continue
        name = _shown(PurePosixPath(picture).name)
        images.append(AnnotatedImage(name, objects, *size, source=told, file=picture))
    return images, classes, unreadable
