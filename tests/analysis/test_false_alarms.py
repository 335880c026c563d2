"""False alarms are parted as TIDE does; ground truth fed as predictions has none, and AP 1."""

from __future__ import annotations

import pytest
import torch
from torchvision.ops import box_iou

from frcnn_viz.analysis.false_alarms import Mistake, false_alarms
from frcnn_viz.analysis.metrics import coco_metrics
from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.data.ground_truth import GroundTruth
from tests.analysis.test_outcomes import random_boxes

OBJECT = [10.0, 10.0, 50.0, 50.0]


def kinds(
    boxes: list[list[float]], labels: list[int], truth: list[list[float]], truth_labels: list[int]
) -> list[Mistake]:
    args = torch.tensor(boxes), torch.tensor(labels), torch.tensor(truth).reshape(-1, 4), torch.tensor(truth_labels)
    return [alarm.mistake for alarm in false_alarms(*args, judge(*args))]


@pytest.mark.parametrize(
    ("box", "label", "mistake"),
    [
        ([30.0, 10.0, 70.0, 50.0], 1, Mistake.LOCALISATION),
        (OBJECT, 2, Mistake.CLASS),
        ([30.0, 10.0, 70.0, 50.0], 2, Mistake.BOTH),
        ([100.0, 100.0, 140.0, 140.0], 1, Mistake.BACKGROUND),
        ([48.0, 10.0, 88.0, 50.0], 1, Mistake.BACKGROUND),
    ],
)
def test_kinds_by_hand(box: list[float], label: int, mistake: Mistake) -> None:
    assert kinds([box], [label], [OBJECT], [1]) == [mistake]


def test_a_second_detection_is_a_duplicate() -> None:
    assert kinds([OBJECT, [12.0, 10.0, 52.0, 50.0]], [1, 1], [OBJECT], [1]) == [Mistake.DUPLICATE]


def test_an_ignored_object_is_no_reason_for_a_false_alarm() -> None:
    beside, far = [30.0, 10.0, 70.0, 50.0], [48.0, 10.0, 88.0, 50.0]
    boxes, labels = torch.tensor([beside, OBJECT, OBJECT, far]), torch.tensor([1, 2, 1, 1])
    truth, truth_labels = torch.tensor([OBJECT]), torch.tensor([1])
    outcomes = judge(boxes, labels, truth, truth_labels, difficult=torch.tensor([True]))
    alarms = false_alarms(boxes, labels, truth, truth_labels, outcomes)
    assert [(alarm.detection, alarm.mistake) for alarm in alarms] == [(n, Mistake.BACKGROUND) for n in (0, 1, 3)]


def test_without_objects_everything_is_background() -> None:
    empty = torch.zeros(0, dtype=torch.int64)
    args = torch.tensor([OBJECT]), torch.tensor([1]), torch.zeros(0, 4), empty
    (alarm,) = false_alarms(*args, judge(*args))
    assert (alarm.mistake, alarm.object) == (Mistake.BACKGROUND, None)


@pytest.mark.parametrize("seed", range(20))
def test_every_false_alarm_has_one_kind_by_tides_definitions(seed: int) -> None:
    """The definitions of the paper's figure 2, each written out by itself."""
    generator = torch.Generator().manual_seed(seed)
    boxes, truth = random_boxes(60, generator), random_boxes(10, generator)
    labels, truth_labels = (torch.randint(1, 3, (n,), generator=generator) for n in (60, 10))
    outcomes = judge(boxes, labels, truth, truth_labels)
    alarms = false_alarms(boxes, labels, truth, truth_labels, outcomes)
    assert [alarm.detection for alarm in alarms] == outcomes.false_alarms.nonzero()[:, 0].tolist()
    for alarm in alarms:
        iou = box_iou(boxes[alarm.detection][None], truth)[0]
        same = truth_labels == labels[alarm.detection]
        right, wrong = (iou * same).max(), (iou * ~same).max()
        if alarm.mistake is Mistake.LOCALISATION:
            assert 0.1 <= right <= 0.5
        elif alarm.mistake is Mistake.CLASS:
            assert wrong >= 0.5
        elif alarm.mistake is Mistake.DUPLICATE:
            assert right >= 0.5
        elif alarm.mistake is Mistake.BACKGROUND:
            assert iou.max() <= 0.1
        else:
            assert 0.1 < iou.max() < 0.5
            assert right < 0.1


def test_ground_truth_as_predictions_is_perfect() -> None:
    generator = torch.Generator().manual_seed(0)
    truth, labels = random_boxes(12, generator), torch.randint(1, 4, (12,), generator=generator)
    scores = torch.linspace(1, 0.5, 12)
    outcomes = judge(truth, labels, truth, labels)
    assert not outcomes.missed.any()
    assert false_alarms(truth, labels, truth, labels, outcomes) == []
    metrics = coco_metrics(
        [{"boxes": truth, "labels": labels, "scores": scores}],
        [GroundTruth(truth, tuple("abc"[n - 1] for n in labels.tolist()))],
        ["a", "b", "c"],
    )
    assert pytest.approx(1) == metrics.AP
