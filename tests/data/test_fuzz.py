"""Damaged files end in a dataset, in a picture, or in one sentence; never in another error, and never late.

`FRCNN_VIZ_FUZZ=2000 pytest tests/data/test_fuzz.py` tries 2,000 of each kind instead of 100.
"""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random

import pytest
import torch

from frcnn_viz.data.annotations import DataError, Dataset
from frcnn_viz.data.checks import check, mend_dataset, notes
from frcnn_viz.data.formats import FORMATS, read_dataset, written_files
from frcnn_viz.data.formats.read import picture_size
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import ImageError, load_image
from frcnn_viz.data.sources import from_bytes
from tests import fuzz
from tests.fuzz import COUNT, bounded


@pytest.mark.parametrize("kind", fuzz.SETS)
def test_a_damaged_set_is_read_or_refused_in_a_sentence(kind: str) -> None:
    for number in range(COUNT):
        files = fuzz.SETS[kind](Random(f"{kind} {number}"))
        with bounded(kind, number):
            try:
                dataset = read_dataset(from_bytes(files))
            except DataError as error:
                is_sentence(str(error))
            else:
                can_be_used(dataset)


@pytest.mark.parametrize("format", fuzz.PICTURES)
def test_a_damaged_picture_is_decoded_or_refused_in_a_sentence(format: str) -> None:
    for number in range(COUNT):
        ((name, content),) = fuzz.PICTURES[format](Random(f"{format} {number}")).items()
        with bounded(format, number):
            size = picture_size(content)
            try:
                loaded = load_image(content, name)
            except ImageError as error:
                is_sentence(str(error))
            else:
                assert loaded.pixels.dtype == torch.uint8
                assert loaded.pixels.shape == (3, *loaded.size)
                assert size == loaded.size[::-1]


def is_sentence(text: str) -> None:
    assert 0 < len(text) <= 300
    assert text.encode()
    assert text.splitlines() == [text]


def can_be_used(dataset: Dataset) -> None:
    """Whatever is done with a set after reading works, and all of it can be written as text."""
    for bad in dataset.unreadable:
        is_sentence(bad.sentence)
    for image in dataset.images:
        assert GroundTruth.of(image.objects).boxes_in_image.isfinite().all()
        assert f"{image.name}{image.source}".encode()
        json.dumps([item.to_dict() for item in image.objects], allow_nan=False, ensure_ascii=False).encode()
    sizes = {image.name: (image.width, image.height) for image in dataset.images if image.width and image.height}
    findings = check(dataset, sizes)
    assert all(finding.sentence.encode() for finding in [*findings, *notes(dataset)])
    mend_dataset(dataset, findings, sizes)
    for format in FORMATS:
        with suppress(DataError):  # YOLO needs the size of each image
            assert all(isinstance(content, bytes) for _, content in written_files(dataset, format))
