"""Found, missed and false: as COCO's own evaluation pairs them."""

from __future__ import annotations

import contextlib
import io

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.cocoeval import COCOeval
from torch import Tensor

from frcnn_viz.analysis.metrics import as_coco
from frcnn_viz.analysis.outcomes import counted_finds, judge, judge_picture
from frcnn_viz.data.ground_truth import GroundTruth


def random_boxes(count: int, generator: torch.Generator) -> Tensor:
    corner = torch.rand(count, 2, generator=generator) * 60
    return torch.cat([corner, corner + 10 + torch.rand(count, 2, generator=generator) * 30], dim=1)


@pytest.mark.parametrize("crowds", [0.0, 0.2])
@pytest.mark.parametrize("seed", range(30))
def test_pairs_are_those_of_coco(seed: int, crowds: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    boxes, truth = random_boxes(40, generator), random_boxes(12, generator)
    labels, truth_labels = (torch.randint(1, 4, (n,), generator=generator) for n in (40, 12))
    scores = torch.rand(40, generator=generator).sort(descending=True).values
    crowd = torch.rand(12, generator=generator) < crowds
    outcomes = judge(boxes, labels, truth, truth_labels, crowd=crowd)
    names = ["a", "b", "c"]
    objects = as_coco([(truth, truth_labels, None)], names)
    for number, annotation in objects.anns.items():
        annotation["iscrowd"] = int(crowd[number - 1])
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCOeval(objects, as_coco([(boxes, labels, scores)], names), "bbox")
        coco.params.areaRng, coco.params.areaRngLbl = [[0, 1e10]], ["all"]
        coco.evaluate()
    matched, on_ignored, found = torch.full((40,), -1), torch.full((40,), -1), torch.full((12,), -1)
    for part in filter(None, coco.evalImgs):
        for detection, match, ignore in zip(part["dtIds"], part["dtMatches"][0], part["dtIgnore"][0], strict=True):
            (on_ignored if ignore else matched)[detection - 1] = int(match) - 1
        for object_, match, ignore in zip(part["gtIds"], part["gtMatches"][0], part["gtIgnore"], strict=True):
            found[object_ - 1] = -1 if ignore else int(match) - 1
    assert torch.equal(outcomes.object_of_detection, matched)
    assert torch.equal(outcomes.ignored_of_detection, on_ignored)
    assert torch.equal(outcomes.detection_of_object, found)
    assert torch.equal(outcomes.missed, (found < 0) & ~crowd)
    assert torch.equal(outcomes.false_alarms, (matched < 0) & (on_ignored < 0))
    assert crowd.any() or not outcomes.ignored_detections.any()


@given(seed=st.integers(0, 10_000))
def test_every_detection_and_object_is_one_thing(seed: int) -> None:
    """With both flags and a class the detector does not know."""
    generator = torch.Generator().manual_seed(seed)
    boxes, truth = random_boxes(30, generator), random_boxes(12, generator)
    labels = torch.randint(1, 4, (30,), generator=generator)
    truth_labels = torch.tensor([-1, 1, 2, 3])[torch.randint(0, 4, (12,), generator=generator)]
    crowd, difficult = torch.rand(2, 12, generator=generator) < 0.2
    outcomes = judge(boxes, labels, truth, truth_labels, crowd=crowd, difficult=difficult)
    finds = outcomes.object_of_detection >= 0
    assert ((finds.int() + outcomes.ignored_detections.int() + outcomes.false_alarms.int()) == 1).all()
    assert torch.equal(outcomes.ignored, crowd | difficult)
    assert ((outcomes.found.int() + outcomes.missed.int() + outcomes.ignored.int()) == 1).all()
    for detection, region in enumerate(outcomes.ignored_of_detection.tolist()):
        assert region < 0 or outcomes.ignored[region]
        assert region < 0 or truth_labels[region] in (-1, labels[detection])
    for index, detection in enumerate(outcomes.detection_of_object.tolist()):
        assert detection < 0 or outcomes.object_of_detection[detection] == index


def test_a_crowd_takes_any_number_by_the_part_inside() -> None:
    region = torch.tensor([[0.0, 0.0, 100.0, 100.0]])
    # inside by 1, 0.6 and 0.4 of their area; of another class
    boxes = [[0.0, 0, 10, 10], [94, 20, 104, 30], [96, 0, 106, 10], [0, 0, 10, 10]]
    outcomes = judge(
        torch.tensor(boxes), torch.tensor([1, 1, 1, 2]), region, torch.tensor([1]), crowd=torch.tensor([True])
    )
    assert outcomes.ignored_of_detection.tolist() == [0, 0, -1, -1]
    assert outcomes.false_alarms.tolist() == [False, False, True, True]
    assert not outcomes.found.any()
    assert not outcomes.missed.any()


def test_a_difficult_object_takes_any_number_by_iou_after_the_real_ones() -> None:
    truth = torch.tensor([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 8.0]])
    flags = torch.tensor([True, False])
    # on both, nearer to the difficult one; on it again; on it by 0.4 alone
    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 9.0], [0.0, 0.0, 4.0, 10.0]])
    outcomes = judge(boxes, torch.ones(3), truth, torch.ones(2), difficult=flags)
    assert outcomes.object_of_detection.tolist() == [1, -1, -1]
    assert outcomes.ignored_of_detection.tolist() == [-1, 0, -1]
    assert outcomes.false_alarms.tolist() == [False, False, True]


def test_a_pictures_flags_are_taken_along() -> None:
    truth = GroundTruth(torch.tensor([[0.0, 0.0, 10.0, 10.0]]), ("cat",), difficult=torch.tensor([True]))
    box = truth.boxes_in_image
    assert judge_picture(box, torch.tensor([1]), truth, ("background", "cat")).ignored_of_detection.tolist() == [0]
    assert judge_picture(box, torch.tensor([2]), truth, ("background", "cat", "dog")).false_alarms.tolist() == [True]


def test_an_object_of_an_unknown_class_is_found_by_place_alone() -> None:
    box = torch.tensor([[0.0, 0.0, 10.0, 10.0]])
    assert not judge(box, torch.tensor([3]), box, torch.tensor([-1])).missed.any()
    assert judge(box, torch.tensor([3]), box, torch.tensor([2])).missed.all()


def test_what_is_found_by_place_alone_and_what_is_ignored_is_not_counted() -> None:
    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0], [40.0, 0.0, 50.0, 10.0]])
    truth = GroundTruth(boxes, ("cat", "cell", "cat"), difficult=torch.tensor([False, False, True]))
    classes = ("background", "cat")
    outcomes = judge_picture(boxes, torch.tensor([1, 1, 1]), truth, classes)
    assert outcomes.found.tolist() == [True, True, False]
    assert counted_finds(outcomes, truth, classes) == (1, 1)


def test_nothing_finds_nothing() -> None:
    none, box = torch.zeros(0, 4), torch.tensor([[0.0, 0.0, 10.0, 10.0]])
    labels = torch.zeros(0, dtype=torch.int64)
    assert judge(none, labels, box, torch.tensor([1])).missed.tolist() == [True]
    assert judge(box, torch.tensor([1]), none, labels).false_alarms.tolist() == [True]
