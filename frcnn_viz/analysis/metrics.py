"""COCO average precision of a detector on pictures with known boxes, computed by pycocotools.

Objects of classes that the detector does not know are left out. Crowds are ignored as COCO does (`iscrowd`): they are
not to be found, and any number of detections that lie in one by half count as nothing. Difficult objects are ignored
as Pascal VOC does, which pycocotools has no word for: likewise, but a detection lies on one by their IoU.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.pipeline.transform import as_float

Picture = tuple[Tensor, GroundTruth]
"""image [3, H, W], uint8 or float32 in 0..1, and what is on it."""


@dataclass(frozen=True)
class Metrics:
    """COCO figures in 0..1, over objects of all sizes and at most 100 detections an image.

    Attributes:
        AP: mean over the IoU thresholds 0.50, 0.55 ... 0.95 and over the classes.
        AP50, AP75: mean over the classes at the one threshold.
        per_class: class name -> AP. A class with no object is NaN, and left out of the means.
    """

    AP: float
    AP50: float
    AP75: float
    per_class: dict[str, float]


def evaluate(
    model: GeneralizedRCNN,
    pictures: Iterable[Picture],
    classes: Sequence[str],
    progress: Callable[[int], None] = lambda done: None,
) -> CocoReport:
    """Run `model(image)` on each picture and compare with what is on it.

    Args:
        model: in evaluation mode, on any device.
        pictures: read once, one in memory at a time.
        classes: names of the labels 1, 2 ..., background not among them.
        progress: called with the number of pictures done.

    Raises:
        ValueError: the model is in training mode.
    """
    if model.training:
        raise ValueError("the model is in training mode, where it gives losses and no detections; call model.eval().")
    device = next(model.parameters()).device
    predictions, ground_truth = [], []
    for image, truth in pictures:
        with torch.inference_mode():
            (detections,) = model([as_float(image.to(device))])
        predictions.append({name: detections[name].cpu() for name in ("boxes", "labels", "scores")})
        ground_truth.append(truth)
        progress(len(predictions))
    return coco_report(predictions, ground_truth, classes)


def coco_metrics(
    predictions: Sequence[dict[str, Tensor]], ground_truth: Sequence[GroundTruth], classes: Sequence[str]
) -> Metrics:
    """Compare detections with ground truth, image by image.

    Args:
        predictions: as torchvision's detectors give them: `boxes` [D, 4] xyxy, `labels` [D], `scores` [D].
        ground_truth: of each image, in the same frame.
        classes: names of the labels 1, 2 ....

    Raises:
        ValueError: the two have different lengths.
    """
    made = judged(predictions, ground_truth, classes)
    with contextlib.redirect_stdout(io.StringIO()):
        made.accumulate()
    # [IoU thresholds, recalls, classes], of all sizes and 100 detections; -1 where a class has no object
    precision = made.eval["precision"][:, :, :, 0, -1]
    return Metrics(
        AP=_mean(precision),
        AP50=_mean(precision[0]),
        AP75=_mean(precision[5]),
        per_class={name: _mean(precision[:, :, index]) for index, name in enumerate(classes)},
    )


@dataclass(frozen=True, eq=False)
class CocoReport:
    """COCO's twelve figures and the curves behind them.

    Attributes:
        figures: by COCO's names: AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm, ARl; nan where undefined.
        precision: float64 [C, 101] at IoU 0.5, over recall 0, 0.01 ... 1; nan for a class without objects.
        per_class: class name -> its AP, AP50, AP75, APs, APm, APl; nan where it has no such object.
    """

    figures: dict[str, float]
    precision: np.ndarray
    per_class: dict[str, dict[str, float]]


FIGURES = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")


def coco_report(
    predictions: Sequence[dict[str, Tensor]], ground_truth: Sequence[GroundTruth], classes: Sequence[str]
) -> CocoReport:
    """All of COCO's figures; arguments as `coco_metrics` takes them."""
    made = judged(predictions, ground_truth, classes)
    with contextlib.redirect_stdout(io.StringIO()):
        made.accumulate()
    return report_of(made, classes)


def report_of(made: COCOeval, classes: Sequence[str]) -> CocoReport:
    """What an evaluation has accumulated."""
    with contextlib.redirect_stdout(io.StringIO()):
        made.summarize()
    figures = {name: value if value >= 0 else float("nan") for name, value in zip(FIGURES, made.stats, strict=True)}
    precision = made.eval["precision"][:, :, :, :, -1]  # [IoU thresholds, recalls, classes, sizes]
    per_class = {name: _by_size(precision[:, :, index]) for index, name in enumerate(classes)}
    curves = precision[0, :, :, 0].T
    return CocoReport(figures, np.where(curves < 0, np.nan, curves), per_class)


def _by_size(precision: np.ndarray) -> dict[str, float]:
    """One class's figures; precision [IoU thresholds, recalls, sizes], of which the first is all sizes."""
    every, small, medium, large = (precision[:, :, size] for size in range(4))
    parts = (every, every[0], every[5], small, medium, large)
    return {name: _mean(part) for name, part in zip(FIGURES, parts, strict=False)}


class _Evaluation(COCOeval):
    """COCO's evaluation, in which a difficult object is ignored as a crowd is but overlapped as any other object.

    As pycocotools has it, `iscrowd` decides both. So both flags are given as `iscrowd`, and the overlaps of what is no
    crowd are taken without it.
    """

    def computeIoU(self, imgId: int, catId: int) -> np.ndarray:
        """Of each detection with each object: float64 [D, G]."""
        objects = self._gts[imgId, catId]
        self._gts[imgId, catId] = [{**item, "iscrowd": item["crowd"]} for item in objects]
        try:
            return super().computeIoU(imgId, catId)
        finally:
            self._gts[imgId, catId] = objects


def known_objects(ground_truth: Iterable[GroundTruth], classes: Sequence[str]) -> Iterator[tuple[GroundTruth, Tensor]]:
    """What has a label, and the labels from 1."""
    for truth in ground_truth:
        labels = truth.labels_in(classes) + 1
        yield truth.take(labels > 0), labels[labels > 0]


def judged(
    predictions: Sequence[dict[str, Tensor]], ground_truth: Sequence[GroundTruth], classes: Sequence[str]
) -> COCOeval:
    """Each image judged by pycocotools, nothing accumulated yet; arguments as `coco_metrics` takes them.

    Raises:
        ValueError: the two have different lengths.
    """
    if len(predictions) != len(ground_truth):
        raise ValueError(f"{len(predictions)} predictions do not go with {len(ground_truth)} images of ground truth.")
    known = list(known_objects(ground_truth, classes))
    objects = as_coco([(truth.boxes_in_image, labels, None) for truth, labels in known], classes)
    flags = [torch.stack([truth.crowd, truth.ignored], dim=1) for truth, _ in known]
    for annotation, (crowd, ignored) in zip(
        objects.dataset["annotations"], (row for of in flags for row in of.tolist()), strict=True
    ):
        annotation |= {"crowd": int(crowd), "iscrowd": int(ignored)}
    found = as_coco([(p["boxes"], p["labels"], p["scores"]) for p in predictions], classes)
    made = _Evaluation(objects, found, iouType="bbox")
    with contextlib.redirect_stdout(io.StringIO()):
        made.evaluate()
    return made


def as_coco(images: Sequence[tuple[Tensor, Tensor, Tensor | None]], classes: Sequence[str]) -> COCO:
    """Boxes [N, 4] xyxy, labels [N] and scores [N] (None for ground truth) of each image, as pycocotools takes them.

    Image ids begin at 0, those of boxes at 1.
    """
    annotations = []
    for image_id, (boxes, labels, scores) in enumerate(images):
        values = [None] * len(boxes) if scores is None else scores.tolist()
        for (x1, y1, x2, y2), label, score in zip(boxes.tolist(), labels.tolist(), values, strict=True):
            width, height = x2 - x1, y2 - y1
            annotation = {"image_id": image_id, "category_id": label, "iscrowd": 0, "score": score}
            # pycocotools takes annotation 0 for "unmatched", so ids begin at 1
            annotation |= {"id": len(annotations) + 1, "bbox": [x1, y1, width, height], "area": width * height}
            annotations.append(annotation)
    coco = COCO()
    coco.dataset = {
        "images": [{"id": image_id} for image_id in range(len(images))],
        "categories": [{"id": label, "name": name} for label, name in enumerate(classes, start=1)],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
    return coco


def _mean(precision: np.ndarray) -> float:
    known = precision[precision > -1]
    return float(known.mean()) if known.size else float("nan")
