"""YOLO: one text file per image, `class x y width height` as fractions of it; class names in a file of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import PurePosixPath

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Object
from frcnn_viz.data.formats.bounded import MAX_CLASSES, read_text, read_yaml_names

CLASS_FILES = ("classes.txt", "obj.names", "data.yaml", "data.yml", "dataset.yaml", "dataset.yml", "_darknet.labels")


def read_yolo(content: bytes, file: str, classes: Sequence[str], width: int, height: int) -> tuple[Object, ...]:
    """The objects of one image, whose size in pixels makes coordinates of the fractions.

    A class number beyond `classes` becomes `class N`; the checks tell it.

    Raises:
        DataError: a line is not a whole number and four numbers.
    """
    objects = []
    for number, line in enumerate(read_text(content, file).splitlines(), start=1):
        if not line.strip():
            continue
        fields = line.split()
        try:
            label = int(fields[0])
            x, y, w, h = map(float, fields[1:5])
            if abs(label) > MAX_CLASSES:
                raise ValueError("no class number")
        except (ValueError, IndexError) as error:
            raise DataError(f"{file}, line {number}: {line.strip()[:40]!r} is not a class and four numbers.") from error
        if len(fields) > 6:
            raise DataError(f"{file}, line {number} has {len(fields)} numbers: outlines are not read, only boxes.")
        name = classes[label] if 0 <= label < len(classes) else f"class {label}"
        corners = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
        x0, y0, x1, y1 = (_tidy(value) for value in corners)
        objects.append(Object((x0, y0, x1, y1), name))
    return tuple(objects)


def write_yolo(image: AnnotatedImage, classes: Sequence[str]) -> bytes:
    """The lines of one image, whose size must be known. YOLO holds no flags: they are lost."""
    if not image.width or not image.height:
        raise DataError(f"{image.name} has no known size, which YOLO's fractions need; bring the picture along.")
    lines = []
    for item in image.objects:
        x0, y0, x1, y1 = item.box
        centre = ((x0 + x1) / 2 / image.width, (y0 + y1) / 2 / image.height)
        size = ((x1 - x0) / image.width, (y1 - y0) / image.height)
        lines.append(" ".join([str(classes.index(item.label)), *(f"{value:.10g}" for value in (*centre, *size))]))
    return "".join(f"{line}\n" for line in lines).encode()


def read_classes(content: bytes, file: str) -> tuple[str, ...]:
    """The class names, by number: one a line, or `names` of a YAML file as a list or by number.

    Raises:
        DataError: they are not there.
    """
    if PurePosixPath(file).suffix.lower() in {".yaml", ".yml"}:
        names = read_yaml_names(content, file)
    else:
        names = tuple(line.strip() for line in read_text(content, file).splitlines() if line.strip())
    if len(names) > MAX_CLASSES:
        raise DataError(f"{file} names {len(names):,} classes; at most {MAX_CLASSES:,} can be read.")
    return names


def looks_like_labels(content: bytes) -> bool:
    """Whether a text file's first line is one of YOLO's; an empty file is, too: an image without objects."""
    lines = content[:400].decode("utf-8", errors="replace").strip().splitlines()
    if not lines:
        return True
    fields = lines[0].split()
    try:
        int(fields[0])
        return len(fields) >= 5 and all(map(math.isfinite, map(float, fields[1:5])))
    except (ValueError, IndexError):
        return False


def _tidy(value: float) -> float:
    """Fractions of ten digits leave an error of about 1e-6 px: a coordinate that near a whole one is meant to be it."""
    nearest = round(value) if math.isfinite(value) else value
    return float(nearest) if abs(value - nearest) < 1e-4 else value
