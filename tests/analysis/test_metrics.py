from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from frcnn_viz.analysis.metrics import Metrics, coco_metrics, coco_report, confusion, evaluate
from frcnn_viz.models.street import street_c4

CLASSES = ("person", "car")
SQUARE = torch.tensor([[10.0, 10.0, 50.0, 50.0]])
ONE = torch.tensor([1])


def found(boxes: list, labels: list, scores: list) -> dict[str, Tensor]:
    return {
        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor(labels, dtype=torch.int64),
        "scores": torch.tensor(scores, dtype=torch.float32),
    }


def figures(metrics: Metrics) -> tuple[float, float, float]:
    return metrics.AP, metrics.AP50, metrics.AP75


def test_ground_truth_as_predictions_is_perfect() -> None:
    boxes = torch.tensor([[0.0, 0.0, 20.0, 40.0], [30.0, 30.0, 90.0, 60.0], [5.0, 50.0, 8.0, 55.0]])
    labels = torch.tensor([1, 2, 1])
    prediction = {"boxes": boxes, "labels": labels, "scores": torch.ones(3)}
    metrics = coco_metrics([prediction] * 2, [(boxes, labels)] * 2, CLASSES)
    assert figures(metrics) == pytest.approx((1.0, 1.0, 1.0))
    assert metrics.per_class == pytest.approx({"person": 1.0, "car": 1.0})
    assert metrics.n_images == 2


def test_a_shifted_box_counts_up_to_its_iou() -> None:
    # 40 x 40 shifted by 8: intersection 32 * 40 = 1280, union 2 * 1600 - 1280 = 1920, IoU 2/3:
    # a hit at 0.50, 0.55, 0.60 and 0.65, so AP = 4 / 10
    metrics = coco_metrics([found([[18, 10, 58, 50]], [1], [0.9])], [(SQUARE, ONE)], CLASSES)
    assert figures(metrics) == pytest.approx((0.4, 1.0, 0.0))


def test_a_more_confident_false_alarm_halves_precision() -> None:
    # the false alarm ranks first: precision is 0/1, then 1/2 at recall 1; interpolated to 1/2 everywhere
    metrics = coco_metrics([found([[60, 60, 90, 90], [10, 10, 50, 50]], [1, 1], [0.9, 0.8])], [(SQUARE, ONE)], CLASSES)
    assert figures(metrics) == pytest.approx((0.5, 0.5, 0.5))


def test_a_missed_object_halves_recall() -> None:
    # recall ends at 1/2: of the 101 recall points 0.00 ... 0.50, that is 51, have precision 1
    truth = (torch.cat([SQUARE, SQUARE + 100]), torch.tensor([1, 1]))
    metrics = coco_metrics([found([[10, 10, 50, 50]], [1], [0.9])], [truth], CLASSES)
    assert figures(metrics) == pytest.approx((51 / 101,) * 3)


def test_a_class_without_objects_is_nan_and_left_out() -> None:
    metrics = coco_metrics([found([[10, 10, 50, 50], [0, 0, 9, 9]], [1, 2], [0.9, 0.9])], [(SQUARE, ONE)], CLASSES)
    assert figures(metrics) == pytest.approx((1.0, 1.0, 1.0))
    assert math.isnan(metrics.per_class["car"])


@pytest.mark.parametrize("images", [0, 1])
def test_nothing_to_find_is_nan(images: int) -> None:
    empty = (torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    metrics = coco_metrics([found([], [], [])] * images, [empty] * images, CLASSES)
    assert math.isnan(metrics.AP)
    assert metrics.n_images == images


def test_nothing_found_is_zero() -> None:
    assert figures(coco_metrics([found([], [], [])], [(SQUARE, ONE)], CLASSES)) == (0, 0, 0)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="1 predictions do not go with 0 images"):
        coco_metrics([found([], [], [])], [], CLASSES)


def test_evaluate_is_quiet_counts_and_leaves_the_model_alone(capfd: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    model = street_c4().eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    done = []
    metrics = evaluate(model, [(torch.rand(3, 96, 128), SQUARE, ONE)] * 2, "abcdef", done.append)
    assert done == [1, 2]
    assert metrics.n_images == 2
    assert 0 <= metrics.AP <= 1
    assert capfd.readouterr().out == ""
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not model.training


def test_evaluate_refuses_a_model_in_training() -> None:
    with pytest.raises(ValueError, match="training mode"):
        evaluate(street_c4(), [], CLASSES)


def test_cocos_figures_of_perfect_predictions() -> None:
    boxes = torch.tensor([[0.0, 0.0, 20.0, 20.0], [50.0, 50.0, 100.0, 100.0]])
    labels = torch.tensor([1, 2])
    found = {"boxes": boxes, "labels": labels, "scores": torch.tensor([0.9, 0.8])}
    report = coco_report([found], [(boxes, labels)], ["a", "b", "never"])
    assert [report.figures[name] for name in ("AP", "AP50", "APs", "APm", "AR100")] == pytest.approx([1] * 5)
    assert math.isnan(report.figures["APl"])
    assert report.precision[:2] == pytest.approx(np.ones((2, 101)))
    assert np.isnan(report.precision[2]).all()
    assert report.figures["AP"] == coco_metrics([found], [(boxes, labels)], ["a", "b", "never"]).AP


def test_a_confusion_matrix_by_hand() -> None:
    truth = torch.tensor([[0.0, 0.0, 20.0, 20.0], [50.0, 50.0, 100.0, 100.0], [200.0, 0.0, 240.0, 40.0]])
    found = {
        "boxes": torch.cat([truth[:2], torch.tensor([[300.0, 300.0, 340.0, 340.0]]), truth[2:]]),
        "labels": torch.tensor([1, 1, 2, 2]),
        "scores": torch.tensor([0.9, 0.8, 0.7, 0.1]),
    }
    table = confusion([found], [(truth, torch.tensor([1, 2, 2]))], 3, min_score=0.5)
    assert table.tolist() == [[0, 0, 1], [0, 1, 0], [1, 1, 0]]
