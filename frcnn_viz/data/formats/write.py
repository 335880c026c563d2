"""A `Dataset` as the files of a format, in a folder or a zip, with or without its pictures."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Dataset
from frcnn_viz.data.formats.coco import write_coco
from frcnn_viz.data.formats.cvat import write_cvat
from frcnn_viz.data.formats.voc import write_voc
from frcnn_viz.data.formats.yolo import write_yolo

FORMATS = {"coco": "COCO JSON", "voc": "Pascal VOC XML", "yolo": "YOLO text", "cvat": "CVAT for images 1.1"}
MAX_STEM = 180
"""Bytes of a file's name, of which 255 are allowed, with its ending and what tells it apart."""


def written_files(dataset: Dataset, format: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of each annotation file.

    Raises:
        DataError: no such format, two images of one name where each needs a file, or YOLO lacks an image's size.
    """
    images = dataset.images
    if format in ("voc", "yolo"):
        for name, count in Counter(_stem(image).lower() for image in images).items():
            if count > 1:
                raise DataError(
                    f"{count} images are called {name!r}; rename them, since {FORMATS[format]} needs a file each."
                )
    if format == "coco":
        yield "annotations.json", write_coco(images, dataset.classes)
    elif format == "cvat":
        yield "annotations.xml", write_cvat(images, dataset.classes)
    elif format == "voc":
        for image in images:
            yield f"Annotations/{_stem(image)}.xml", write_voc(image)
    elif format == "yolo":
        yield "classes.txt", "".join(f"{name}\n" for name in dataset.classes).encode()
        for image in images:
            yield f"labels/{_stem(image)}.txt", write_yolo(image, dataset.classes)
    else:
        raise DataError(f"there is no format {format!r}; choose one of {', '.join(FORMATS)}.")


def picture_name(image: AnnotatedImage, format: str) -> str:
    """Where the format expects an image's picture."""
    folder = {"voc": "JPEGImages/", "coco": "images/", "yolo": "images/", "cvat": "images/"}[format]
    return folder + safe_name(image.name)


def write_dataset(
    dataset: Dataset,
    format: str,
    folder: Path,
    picture: Callable[[AnnotatedImage], bytes | None] = lambda image: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write the annotations into a folder, and beside them each picture that `picture` gives.

    Raises:
        DataError: as `written_files`, or the folder holds other files.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise DataError(f"{folder} is not an empty folder; choose a new one, so that nothing is written over.")
    files = list(written_files(dataset, format))  # nothing is written if one of them cannot be
    for name, content in files:
        _write(folder / name, content)
    for done, image in enumerate(dataset.images):
        content = picture(image)
        if content is not None:
            _write(folder / picture_name(image, format), content)
        progress(done + 1, len(dataset.images))


def zip_dataset(
    dataset: Dataset, format: str, picture: Callable[[AnnotatedImage], bytes | None] = lambda image: None
) -> bytes:
    """The same files as one zip; pictures are stored as they are, since they are packed already.

    Raises:
        DataError: as `written_files`.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in written_files(dataset, format):
            archive.writestr(name, content)
        for image in dataset.images:
            content = picture(image)
            if content is not None:
                archive.writestr(picture_name(image, format), content, zipfile.ZIP_STORED)
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def safe_name(name: str) -> str:
    """A name that stays inside the folder it is written to, and that every file system takes."""
    parts = [part for part in re.sub('[:*?"<>|]', "_", name.replace("\\", "/")).split("/") if part.strip(". ")]
    return "/".join(map(_short, parts)) or "image"


def _short(part: str) -> str:
    if len(part.encode(errors="replace")) <= MAX_STEM:
        return part
    path = PurePosixPath(part)
    ending = path.suffix if len(path.suffix) <= 6 else ""
    return path.stem.encode(errors="replace")[:MAX_STEM].decode(errors="ignore") + ending


def _stem(image: AnnotatedImage) -> str:
    return str(PurePosixPath(safe_name(image.name)).with_suffix(""))
