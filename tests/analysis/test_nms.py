"""NMS under glass: the court's judgement is torchvision's, and soft-NMS is the published formula."""

from __future__ import annotations

import math

import pytest
import torch
from torchvision.models.detection import FasterRCNN
from torchvision.ops import nms

from frcnn_viz.analysis.nms import (
    FINAL,
    RPN,
    Court,
    court_of,
    keep_across_groups,
    keep_with,
    object_under,
    soft_nms,
)
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image


def by_hand(groups: tuple[int, int, int] = (0, 0, 0)) -> Court:
    """Three boxes: the second overlaps the first by 0.6, the third neither."""
    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 6.0], [50.0, 50.0, 60.0, 60.0]])
    scores = torch.tensor([0.9, 0.8, 0.7])
    return Court(
        torch.arange(3), boxes, scores, torch.tensor(groups), torch.tensor([0, 2]), torch.tensor([-1, 0, -1]), 0.5
    )


@pytest.mark.parametrize("stage", [RPN, FINAL])
def test_the_judgement_is_torchvisions(tiny: FasterRCNN, stage: str) -> None:
    trace = Trace(tiny, make_image(200, 260))
    court = court_of(trace, stage)
    of = trace.proposals if stage == RPN else trace.detections
    assert torch.equal(court.ids[court.kept], of.nms_kept)
    assert torch.equal(keep_with(court, court.threshold), court.kept)
    suppressed = court.suppressor >= 0
    assert int(suppressed.sum()) + len(court.kept) == len(court.ids)
    assert torch.isin(court.suppressor[suppressed], court.kept).all()
    for row in court.kept[:5].tolist():
        victims = (court.suppressor == row).nonzero()[:, 0]
        assert (court.iou(row, victims) > court.threshold - 1e-4).all()
        assert (court.scores[victims] <= court.scores[row]).all()


def test_a_box_is_judged_in_the_step_that_keeps_it_or_its_suppressor() -> None:
    assert [by_hand().step_of(row) for row in range(3)] == [1, 1, 2]


def test_a_box_is_on_the_object_it_overlaps_most_if_by_enough() -> None:
    objects = torch.tensor([[0.0, 0, 10, 10], [20, 0, 30, 10]])
    boxes = torch.tensor([[0.0, 0, 10, 9], [20, 0, 30, 10], [20, 0, 30, 4], [50, 50, 60, 60]])
    assert object_under(boxes, objects).tolist() == [0, 1, -1, -1]
    assert object_under(boxes, objects, least=0.4).tolist() == [0, 1, 1, -1]
    assert object_under(boxes, torch.zeros(0, 4)).tolist() == [-1] * 4


def test_other_thresholds_and_groups() -> None:
    assert keep_with(by_hand(), 0.7).tolist() == [0, 1, 2]
    assert keep_with(by_hand((0, 1, 0)), 0.5).tolist() == [0, 1, 2]
    assert keep_across_groups(by_hand((0, 1, 0)), 0.5, most=10).tolist() == [0, 2]


def test_soft_nms_lowers_scores_by_the_published_formula() -> None:
    kept, scores = soft_nms(by_hand(), sigma=0.5, most=10)
    assert kept.tolist() == [0, 2, 1]
    assert scores.tolist() == pytest.approx([0.9, 0.7, 0.8 * math.exp(-(0.6**2) / 0.5)])
    kept, _ = soft_nms(by_hand(), sigma=0.5, score_thresh=0.5, most=10)
    assert kept.tolist() == [0, 2]
    kept, scores = soft_nms(by_hand((0, 1, 0)), most=10)
    assert scores.tolist() == pytest.approx([0.9, 0.8, 0.7])


@pytest.mark.parametrize("most", [1, 3, 20, 10_000])
def test_the_best_few_are_those_of_the_whole(tiny: FasterRCNN, most: int) -> None:
    court = court_of(Trace(tiny, make_image(200, 260)), RPN)
    whole = nms(court.boxes, court.scores, 0.3)
    assert torch.equal(keep_across_groups(court, 0.3, most), whole[:most])
    rows, scores = soft_nms(court, most=10_000)
    assert torch.equal(soft_nms(court, most=most)[0], rows[:most])
    assert torch.equal(soft_nms(court, most=most)[1], scores[:most])
