"""COCO's figures part by part equal those of all images at once, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from frcnn_viz.analysis.metrics import coco_report
from frcnn_viz.analysis.metrics_of_many import CocoSums
from frcnn_viz.data.ground_truth import GroundTruth

CLASSES = ("car", "person", "bird")
Image = tuple[str, dict[str, Tensor], GroundTruth]


def make_images(count: int, seed: int = 0) -> list[Image]:
    """Detections near the objects, many of equal score; images without objects or detections; one class has none."""
    chance, images = torch.Generator().manual_seed(seed), []
    for number in range(count):
        objects, hits = (int(torch.randint(0, 9, (1,), generator=chance)) for _ in range(2))
        corners = torch.rand(objects, 2, generator=chance) * 300
        truth = torch.cat([corners, corners + 5 + torch.rand(objects, 2, generator=chance) * 150], dim=1)
        names = tuple(CLASSES[int(label)] for label in torch.randint(0, 2, (objects,), generator=chance))
        boxes = truth[torch.randint(0, max(1, objects), (hits,), generator=chance)] if objects else torch.zeros(0, 4)
        boxes = boxes + torch.rand(boxes.shape, generator=chance) * 12
        scores = torch.randint(0, 6, (len(boxes),), generator=chance) / 5
        labels = torch.randint(1, 3, (len(boxes),), generator=chance)
        flags = (torch.rand(objects, generator=chance) < 0.15 for _ in range(2))
        images.append(
            (f"{number:03d}", {"boxes": boxes, "labels": labels, "scores": scores}, GroundTruth(truth, names, *flags))
        )
    return images


@pytest.mark.parametrize(("count", "part"), [(0, 1), (1, 1), (30, 1), (30, 7), (30, 30)])
def test_parts_in_any_order_give_what_all_at_once_do(count: int, part: int) -> None:
    images = make_images(count)
    expected = coco_report([found for _, found, _ in images], [truth for *_, truth in images], CLASSES)
    sums = CocoSums(CLASSES)
    for start in reversed(range(0, count, part)):
        sums.add(*map(list, zip(*images[start : start + part], strict=True)))
    report = sums.report()
    np.testing.assert_equal(report.figures, expected.figures)
    np.testing.assert_equal(report.precision, expected.precision)
    np.testing.assert_equal(report.per_class, expected.per_class)


def test_more_than_a_hundred_detections_are_cut_as_coco_cuts_them() -> None:
    images = make_images(3)
    many = {key: value.repeat(60, *[1] * (value.dim() - 1)) for key, value in images[1][1].items()}
    images[1] = (images[1][0], many, images[1][2])
    expected = coco_report([found for _, found, _ in images], [truth for *_, truth in images], CLASSES)
    sums = CocoSums(CLASSES)
    for one in images:
        sums.add(*([part] for part in one))
    assert len(many["scores"]) > 100
    np.testing.assert_equal(sums.report().figures, expected.figures)
