"""The pictures of an annotated set, for commands that run a detector over them; what cannot be used is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import Progress

from frcnn_viz.cli.output import console, tell_left_out

if TYPE_CHECKING:
    from frcnn_viz.data.annotations import AnnotatedImage
    from frcnn_viz.data.ground_truth import GroundTruth
    from frcnn_viz.data.images import LoadedImage
    from frcnn_viz.data.sources import Source


def annotated_images(data: Path, listed: Path | None = None) -> tuple[Source, list[AnnotatedImage]]:
    """Every picture of a set that has objects on some; false alarms are counted on the empty ones too.

    Args:
        data: a folder or zip.
        listed: a file that names the pictures to take, one a line, with or without their endings; None takes all.

    Raises:
        DataError: there is nothing to read, or no picture with ground truth among what is taken.
    """
    from frcnn_viz.data.annotations import DataError
    from frcnn_viz.data.formats import read_dataset
    from frcnn_viz.data.sources import open_source

    source = open_source(data)
    dataset = read_dataset(source)
    tell_left_out(bad.sentence for bad in dataset.unreadable)
    images = dataset.images if listed is None else _named_in(dataset.images, listed, data)
    missing = [image for image in images if not image.file]
    tell_left_out(f"{one.source} annotates {one.name}, which is not among the pictures." for one in missing)
    images = [image for image in images if image.file]
    if not any(item.usable for image in images for item in image.objects):
        raise DataError(f"{data} holds no picture with ground truth.")
    return source, images


def each_picture(
    source: Source, images: Sequence[AnnotatedImage], doing: str
) -> Iterator[tuple[AnnotatedImage, GroundTruth, LoadedImage]]:
    """Each image with what is on it and its picture, behind a bar that says what is being done."""
    from frcnn_viz.data.annotations import DataError
    from frcnn_viz.data.ground_truth import GroundTruth
    from frcnn_viz.data.images import ImageError, load_image

    with Progress(console=console, transient=True) as bar:
        for image in bar.track(images, description=doing):
            truth = GroundTruth.of(image.objects)
            if truth.left_out:
                objects = f"{truth.left_out:,} object{'s' * (truth.left_out != 1)}"
                tell_left_out([f"{objects} of {image.name} without an area; `data check` names them."])
            try:
                picture = load_image(source.read(image.file), image.name)
            except (DataError, ImageError) as error:
                tell_left_out([str(error)])
                continue
            yield image, truth, picture


def _named_in(images: Sequence[AnnotatedImage], listed: Path, data: Path) -> list[AnnotatedImage]:
    """The images that a list names; a name without an image is told."""
    from frcnn_viz.data.annotations import DataError
    from frcnn_viz.data.images import clean_name
    from frcnn_viz.data.lists import read_list

    chosen, strange = read_list(listed, images)
    if not chosen:
        raise DataError(f"{listed} names no picture of {data}; it is to hold their names, one a line.")
    tell_left_out(f"{listed} names {clean_name(name)}, which {data} does not hold." for name in strange)
    return chosen
