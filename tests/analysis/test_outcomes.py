"""Found, missed and false: as COCO's own evaluation pairs them."""

from __future__ import annotations

import contextlib
import io

import pytest
import torch
from pycocotools.cocoeval import COCOeval
from torch import Tensor

from frcnn_viz.analysis.metrics import as_coco
from frcnn_viz.analysis.outcomes import judge


def random_boxes(count: int, generator: torch.Generator) -> Tensor:
    corner = torch.rand(count, 2, generator=generator) * 60
    return torch.cat([corner, corner + 10 + torch.rand(count, 2, generator=generator) * 30], dim=1)


@pytest.mark.parametrize("seed", range(30))
def test_pairs_are_those_of_coco(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    boxes, truth = random_boxes(40, generator), random_boxes(12, generator)
    labels, truth_labels = (torch.randint(1, 4, (n,), generator=generator) for n in (40, 12))
    scores = torch.rand(40, generator=generator).sort(descending=True).values
    outcomes = judge(boxes, labels, truth, truth_labels)
    names = ["a", "b", "c"]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCOeval(
            as_coco([(truth, truth_labels, None)], names), as_coco([(boxes, labels, scores)], names), "bbox"
        )
        coco.params.areaRng, coco.params.areaRngLbl = [[0, 1e10]], ["all"]
        coco.evaluate()
    expected = torch.full((40,), -1)
    for found in filter(None, coco.evalImgs):
        for detection, match in zip(found["dtIds"], found["dtMatches"][0], strict=True):
            expected[detection - 1] = int(match) - 1
    assert torch.equal(outcomes.object_of_detection, expected)
    assert int((~outcomes.missed).sum()) == int((~outcomes.false_alarms).sum())
    for index, detection in enumerate(outcomes.detection_of_object.tolist()):
        assert detection < 0 or outcomes.object_of_detection[detection] == index


def test_an_object_of_an_unknown_class_is_found_by_place_alone() -> None:
    box = torch.tensor([[0.0, 0.0, 10.0, 10.0]])
    assert not judge(box, torch.tensor([3]), box, torch.tensor([-1])).missed.any()
    assert judge(box, torch.tensor([3]), box, torch.tensor([2])).missed.all()


def test_nothing_finds_nothing() -> None:
    none, box = torch.zeros(0, 4), torch.tensor([[0.0, 0.0, 10.0, 10.0]])
    labels = torch.zeros(0, dtype=torch.int64)
    assert judge(none, labels, box, torch.tensor([1])).missed.tolist() == [True]
    assert judge(box, torch.tensor([1]), none, labels).false_alarms.tolist() == [True]
