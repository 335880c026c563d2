"""What is wrong with what a training would be given: what `checks` finds, and what only a detector stumbles over.

Much of it is silent: the losses stay finite, and the detector that comes out is worse or knows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from frcnn_viz.data.annotations import AnnotatedImage, Dataset, Object
from frcnn_viz.data.checks import Finding, Kind, Mend, check, finding_of, image_size, object_findings

LEAST_SIDE = 2.0
"""Network-input pixels; of an object with a shorter side the backbone keeps nothing, not even at stride 4."""
LEAST_IOU = 0.5
Shapes = Sequence[tuple[float, float]]
"""Width and height of anchors, network-input pixels."""


def findings_before_training(
    images: Sequence[AnnotatedImage],
    classes: Sequence[str],
    resize: tuple[int, int] | None = None,
    *,
    anchors: Shapes = (),
    labels: Sequence[Sequence[int]] | None = None,
    validation: Iterable[AnnotatedImage] = (),
) -> list[Finding]:
    """All findings: first those of `check`, then those of labels and sizes image by image, then those of the whole set.

    Args:
        images: to be trained on, with their sizes; an object's place in its image is what findings call it by.
        classes: names of the labels 1, 2 ..., background not among them.
        resize: `min_size` and `max_size` of the detector's transform; None leaves sizes after it unchecked.
        anchors: of any level; none leaves unchecked whether one can reach an object.
        labels: the number that training is given for each object of each image; None takes them from the names.
        validation: to be measured on.

    Raises:
        ValueError: there are not as many labels as objects, or lists of them as images.
    """
    findings = check(Dataset(tuple(images), tuple(classes), declared=tuple(classes)))
    if any(one.kind is Kind.CORNERS for one in findings):
        findings += _misread(images)
    for image, numbers in zip(images, labels or [None] * len(images), strict=True):
        findings += _of_labels(image, numbers, len(classes)) if numbers is not None else []
        findings += _of_sizes(image, resize, anchors) if resize else []
    given = [number for numbers in labels or () for number in numbers]
    return [*findings, *_offset(given, len(classes)), *_empty(images), *_never_trained(images, validation)]


def anchor_shapes(sizes: Iterable[Iterable[float]], ratios: Iterable[Iterable[float]]) -> list[tuple[float, float]]:
    """Width and height of every anchor of these sizes and ratios (height / width) of each level."""
    return [
        (size / ratio**0.5, size * ratio**0.5)
        for level, of in zip(sizes, ratios, strict=True)
        for size in level
        for ratio in of
    ]


def _misread(images: Iterable[AnnotatedImage]) -> Iterator[Finding]:
    """The boxes that tell that all were meant another way."""
    for image in images:
        for one in object_findings(image, image_size(image, None), None):
            if one.kind not in (Kind.DUPLICATE, Kind.NOT_FINITE):
                sentence = f"{one.sentence[:-1]}, as if its numbers were meant another way."
                yield replace(one, kind=Kind.CORNERS, sentence=sentence, mend=None)


def _of_labels(image: AnnotatedImage, labels: Sequence[int], count: int) -> Iterator[Finding]:
    if len(labels) != len(image.objects):
        raise ValueError(f"{image.name} has {len(image.objects):,} objects and {len(labels):,} labels; give one each.")
    for index, label in enumerate(labels):
        if label == 0:
            words = "is labelled 0, which is the background: it would be learnt as nothing"
        elif not 1 <= label <= count:
            words = f"is labelled {label}; with {count} classes labels run from 1 to {count}"
        else:
            continue
        yield finding_of(Kind.LABEL_RANGE, image, index, words, value=str(label))


def _of_sizes(image: AnnotatedImage, resize: tuple[int, int], anchors: Shapes) -> Iterator[Finding]:
    size = image_size(image, None)
    if size is None:
        return
    scale = min(resize[0] / min(size), resize[1] / max(size))
    least = min((width * height for width, height in anchors), default=0.0)
    for index, item in enumerate(image.objects):
        if not _is_target(item):
            continue
        width, height = (item.box[2] - item.box[0]) * scale, (item.box[3] - item.box[1]) * scale
        words = f"is {width:.1f} x {height:.1f} px after the resize"
        if min(width, height) < LEAST_SIDE:
            words += ", of which nothing is left to learn from"
            yield finding_of(Kind.TOO_SMALL, image, index, words, mend=Mend.DROP)
        elif width * height < least and max(_iou(width, height, *shape) for shape in anchors) < LEAST_IOU:
            words += f", so small that no anchor can reach an IoU of {LEAST_IOU:g} with it"
            yield finding_of(Kind.TOO_SMALL, image, index, words)


def _iou(width: float, height: float, other_width: float, other_height: float) -> float:
    """Of two boxes with one centre: the most that boxes of these shapes can have."""
    both = min(width, other_width) * min(height, other_height)
    return both / (width * height + other_width * other_height - both)


def _offset(labels: Sequence[int], count: int) -> Iterator[Finding]:
    """Labels that would all be right were they one more, or one less."""
    low, high = (min(labels), max(labels)) if labels else (1, 1)
    for far, shift, by in ((low == 0 and high < count, 1, "low"), (high == count + 1 and low > 1, -1, "high")):
        if far:
            sentence = (
                f"The labels run from {low} to {high}; with {count} classes they are to run from 1 to {count}, since 0 "
                f"is the background. They seem to be one too {by}: add {shift} to each."
            )
            yield Finding(Kind.LABEL_OFFSET, "", sentence, value=f"{low} to {high}")


def _empty(images: Sequence[AnnotatedImage]) -> Iterator[Finding]:
    if not any(_is_target(item) for image in images for item in image.objects):
        sentence = f"Nothing can be learnt from these {len(images):,} images: no object on them can be used."
        yield Finding(Kind.NO_OBJECTS, "", sentence)


def _never_trained(images: Sequence[AnnotatedImage], validation: Iterable[AnnotatedImage]) -> Iterator[Finding]:
    """The first object of each class that is measured and was never learnt."""
    seen = {item.label for image in images for item in image.objects if _is_target(item)}
    for image in validation:
        for index, item in enumerate(image.objects):
            if _is_target(item) and item.label not in seen:
                seen.add(item.label)
                words = "is the first of a class that only the validation images have: it cannot be learnt"
                yield finding_of(Kind.ONLY_VALIDATION, image, index, words, value=item.label)


def _is_target(item: Object) -> bool:
    return item.usable and not (item.crowd or item.difficult)
