from __future__ import annotations

import contextlib
import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import Tensor

from frcnn_viz.analysis.metrics import FIGURES, Metrics, coco_metrics, coco_report, evaluate
from frcnn_viz.analysis.outcomes import judge_picture
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.street import street_c4

CLASSES = ("person", "car")
SQUARE = torch.tensor([[10.0, 10.0, 50.0, 50.0]])
PERSON = GroundTruth(SQUARE, ("person",))


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
    metrics = coco_metrics([prediction] * 2, [GroundTruth(boxes, ("person", "car", "person"))] * 2, CLASSES)
    assert figures(metrics) == pytest.approx((1.0, 1.0, 1.0))
    assert metrics.per_class == pytest.approx({"person": 1.0, "car": 1.0})


def test_a_shifted_box_counts_up_to_its_iou() -> None:
    # 40 x 40 shifted by 8: intersection 32 * 40 = 1280, union 2 * 1600 - 1280 = 1920, IoU 2/3:
    # a hit at 0.50, 0.55, 0.60 and 0.65, so AP = 4 / 10
    metrics = coco_metrics([found([[18, 10, 58, 50]], [1], [0.9])], [PERSON], CLASSES)
    assert figures(metrics) == pytest.approx((0.4, 1.0, 0.0))


def test_a_more_confident_false_alarm_halves_precision() -> None:
    # the false alarm ranks first: precision is 0/1, then 1/2 at recall 1; interpolated to 1/2 everywhere
    metrics = coco_metrics([found([[60, 60, 90, 90], [10, 10, 50, 50]], [1, 1], [0.9, 0.8])], [PERSON], CLASSES)
    assert figures(metrics) == pytest.approx((0.5, 0.5, 0.5))


def test_a_missed_object_halves_recall() -> None:
    # recall ends at 1/2: of the 101 recall points 0.00 ... 0.50, that is 51, have precision 1
    truth = GroundTruth(torch.cat([SQUARE, SQUARE + 100]), ("person", "person"))
    metrics = coco_metrics([found([[10, 10, 50, 50]], [1], [0.9])], [truth], CLASSES)
    assert figures(metrics) == pytest.approx((51 / 101,) * 3)


def test_a_class_without_objects_is_nan_and_left_out() -> None:
    metrics = coco_metrics([found([[10, 10, 50, 50], [0, 0, 9, 9]], [1, 2], [0.9, 0.9])], [PERSON], CLASSES)
    assert figures(metrics) == pytest.approx((1.0, 1.0, 1.0))
    assert math.isnan(metrics.per_class["car"])


@pytest.mark.parametrize("images", [0, 1])
def test_nothing_to_find_is_nan(images: int) -> None:
    empty = GroundTruth(torch.zeros(0, 4), ())
    metrics = coco_metrics([found([], [], [])] * images, [empty] * images, CLASSES)
    assert math.isnan(metrics.AP)


def test_nothing_found_is_zero() -> None:
    assert figures(coco_metrics([found([], [], [])], [PERSON], CLASSES)) == (0, 0, 0)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="1 predictions do not go with 0 images"):
        coco_metrics([found([], [], [])], [], CLASSES)


def test_evaluate_is_quiet_counts_and_leaves_the_model_alone(capfd: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    model = street_c4().eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    done = []
    classes = ("person", "car", "c", "d", "e", "f")
    report = evaluate(model, [(torch.rand(3, 96, 128), PERSON)] * 2, classes, done.append)
    assert done == [1, 2]
    assert 0 <= report.figures["AP"] <= 1
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
    report = coco_report([found], [GroundTruth(boxes, ("a", "b"))], ["a", "b", "never"])
    assert [report.figures[name] for name in ("AP", "AP50", "APs", "APm", "AR100")] == pytest.approx([1] * 5)
    assert math.isnan(report.figures["APl"])
    assert report.precision[:2] == pytest.approx(np.ones((2, 101)))
    assert np.isnan(report.precision[2]).all()
    sizes = {"a": (1, 1, 1, 1, math.nan, math.nan), "b": (1, 1, 1, math.nan, 1, math.nan), "never": (math.nan,) * 6}
    for name, expected in sizes.items():
        assert list(report.per_class[name]) == list(FIGURES[:6])
        assert list(report.per_class[name].values()) == pytest.approx(expected, nan_ok=True)
    assert report.figures["AP"] == coco_metrics([found], [GroundTruth(boxes, ("a", "b"))], ["a", "b", "never"]).AP


def random_set(seed: int) -> tuple[list[dict[str, Tensor]], list[GroundTruth], list[tuple[Tensor, Tensor]]]:
    """Detections around objects and elsewhere, and objects of which a fifth each is crowd and difficult."""
    generator = torch.Generator().manual_seed(seed)
    predictions, truths, flags = [], [], []
    for _ in range(6):
        corner = torch.rand(12, 2, generator=generator) * 200
        boxes = torch.cat([corner, corner + 8 + torch.rand(12, 2, generator=generator) * 120], dim=1)
        near = boxes.repeat(3, 1) + torch.randn(36, 4, generator=generator) * 6
        far = boxes[torch.randperm(12, generator=generator)] + 15
        places = torch.cat([near, far])
        places[:, 2:] = torch.maximum(places[:, 2:], places[:, :2] + 1)
        scores = torch.rand(48, generator=generator).sort(descending=True).values
        labels = torch.randint(1, 3, (48,), generator=generator)
        names = tuple(CLASSES[n] for n in torch.randint(0, 2, (12,), generator=generator).tolist())
        crowd, difficult = torch.rand(2, 12, generator=generator) < 0.2
        predictions.append({"boxes": places, "labels": labels, "scores": scores})
        truths.append(GroundTruth(boxes, names))
        flags.append((crowd, difficult))
    return predictions, truths, flags


def plain_coco(predictions: list[dict[str, Tensor]], truths: list[GroundTruth]) -> np.ndarray:
    """The twelve figures by pycocotools alone, from a file as COCO writes it."""
    annotations, results = [], []
    for image, (found, truth) in enumerate(zip(predictions, truths, strict=True), start=1):
        for (x0, y0, x1, y1), name, crowd in zip(
            truth.boxes_in_image.tolist(), truth.names, truth.crowd.tolist(), strict=True
        ):
            box = {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0), "iscrowd": int(crowd)}
            annotations.append(
                {"id": len(annotations) + 1, "image_id": image, "category_id": CLASSES.index(name) + 1, **box}
            )
        for (x0, y0, x1, y1), label, score in zip(
            *(found[name].tolist() for name in ("boxes", "labels", "scores")), strict=True
        ):
            results.append(
                {"image_id": image, "category_id": label, "bbox": [x0, y0, x1 - x0, y1 - y0], "score": score}
            )
    coco = COCO()
    coco.dataset = json.loads(
        json.dumps(
            {
                "images": [{"id": image} for image in range(1, len(truths) + 1)],
                "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "car"}],
                "annotations": annotations,
            }
        )
    )
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        made = COCOeval(coco, coco.loadRes(results), "bbox")
        made.evaluate()
        made.accumulate()
        made.summarize()
    return made.stats


@pytest.mark.parametrize("seed", range(10))
def test_crowds_are_ignored_as_pycocotools_ignores_them(seed: int) -> None:
    predictions, truths, flags = random_set(seed)
    truths = [replace(truth, crowd=crowd) for truth, (crowd, _) in zip(truths, flags, strict=True)]
    report = coco_report(predictions, truths, CLASSES)
    expected = plain_coco(predictions, truths)
    assert [report.figures[name] for name in FIGURES] == [
        value if value >= 0 else pytest.approx(math.nan, nan_ok=True) for value in expected
    ]
    assert (
        report.figures["AP"]
        != coco_report(predictions, [replace(t, crowd=None) for t in truths], CLASSES).figures["AP"]
    )


@pytest.mark.parametrize("seed", range(5))
def test_what_lies_on_a_difficult_object_alone_counts_as_nothing(seed: int) -> None:
    """At the one threshold of 0.5, where what is ignored can be taken away beforehand."""
    predictions, truths, flags = random_set(seed)
    truths = [replace(truth, difficult=difficult) for truth, (_, difficult) in zip(truths, flags, strict=True)]
    for found, truth in zip(predictions, truths, strict=True):
        outcomes = judge_picture(found["boxes"], found["labels"], truth, ("background", *CLASSES))
        found |= {name: tensor[~outcomes.ignored_detections] for name, tensor in found.items()}
    assert (
        coco_report(predictions, truths, CLASSES).figures["AP50"]
        == plain_coco(predictions, [t.counted for t in truths])[1]
    )


def test_a_difficult_object_by_hand() -> None:
    # on the difficult one twice; on a corner of it, which a crowd would take; on the one that counts
    truth = GroundTruth(
        torch.tensor([[0.0, 0, 40, 40], [60, 60, 90, 90]]), ("person",) * 2, difficult=torch.tensor([True, False])
    )
    twice = found([[0, 0, 40, 40], [0, 0, 40, 38], [60, 60, 90, 90]], [1, 1, 1], [0.9, 0.8, 0.7])
    assert pytest.approx(1) == coco_metrics([twice], [truth], CLASSES).AP50
    corner = found([[0, 0, 10, 10], [60, 60, 90, 90]], [1, 1], [0.9, 0.7])
    assert pytest.approx(0.5) == coco_metrics([corner], [truth], CLASSES).AP50
    crowd = replace(truth, crowd=truth.difficult, difficult=None)
    assert pytest.approx(1) == coco_metrics([corner], [crowd], CLASSES).AP50


def test_classes_without_a_label_are_left_out() -> None:
    both = GroundTruth(torch.cat([SQUARE, SQUARE + 100]), ("person", "unicorn"))
    right = found([[10, 10, 50, 50]], [1], [0.9])
    assert figures(coco_metrics([right], [both], CLASSES)) == pytest.approx((1, 1, 1))
