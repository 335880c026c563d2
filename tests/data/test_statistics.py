"""Sizes, ratios and places, against figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import torch
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from frcnn_viz.data.annotations import AnnotatedImage, Object
from frcnn_viz.data.statistics import HEAT_CELLS, box_table, by_class, heat_map

IMAGES = [
    AnnotatedImage("a", (Object((0, 0, 20, 80), "tall"), Object((5, 5, 5, 9), "tall")), 640, 480),
    AnnotatedImage("b", (Object((10, 10, 90, 30), "wide"), Object((0, 0, 300, 300), "wide")), 300, 1000),
    AnnotatedImage("size unknown", (Object((0, 0, 1, 1), "lost"),)),
]


def test_usable_boxes_only_by_class() -> None:
    rows = {row.label: row for row in by_class(box_table(IMAGES))}
    assert list(rows) == ["wide", "tall"]
    assert (rows["tall"].objects, rows["tall"].images) == (1, 1)
    assert rows["tall"].size_median == math.sqrt(20 * 80)
    assert rows["tall"].ratio_median == 4
    assert rows["wide"].size_median == (40 + 300) / 2


def test_crowds_and_difficult_objects_are_counted_apart() -> None:
    flagged = [Object((0, 0, 9, 9), "a", crowd=c, difficult=d) for c in (False, True) for d in (False, True)]
    table = box_table([AnnotatedImage("a", (*flagged, Object((5, 5, 5, 9), "flat", crowd=True)), 64, 48)])
    assert (len(table.labels), table.left_out) == (1, (2, 1))


def test_scales_are_those_of_torchvision() -> None:
    table = box_table(IMAGES)
    transform = GeneralizedRCNNTransform(800, 1333, [0] * 3, [1] * 3)
    for n, (width, height) in enumerate(table.image_sizes.astype(int).tolist()):
        resized, _ = transform.resize(torch.zeros(3, height, width))
        expected = max(resized.shape[-2:]) / max(width, height)
        assert np.allclose(table.scales(800, 1333)[table.image == n], expected, atol=2e-3)


def test_the_heat_map_counts_every_covered_cell() -> None:
    table = box_table(IMAGES)
    by_hand = np.zeros((HEAT_CELLS, HEAT_CELLS))
    for (x0, y0, x1, y1), image in zip(table.boxes_in_image, table.image, strict=True):
        width, height = table.image_sizes[image]
        for row in range(HEAT_CELLS):
            for column in range(HEAT_CELLS):
                across = x0 < (column + 1) * width / HEAT_CELLS and x1 > column * width / HEAT_CELLS
                down = y0 < (row + 1) * height / HEAT_CELLS and y1 > row * height / HEAT_CELLS
                by_hand[row, column] += across and down
    assert np.array_equal(heat_map(table), by_hand)
    assert heat_map(table, "tall").sum() < by_hand.sum()


def test_an_empty_set_has_no_rows() -> None:
    assert by_class(box_table([])) == []
    assert heat_map(box_table([])).sum() == 0
