"""What is taken away: every box of a stage, exactly, as a table and as COCO results."""

from __future__ import annotations

import contextlib
import copy
import csv
import io
import json
from collections import OrderedDict

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from torchvision.models.detection import FasterRCNN

from frcnn_viz.analysis.export import BOX_STAGES, as_coco_results, as_csv, stage_boxes
from frcnn_viz.models import registry
from frcnn_viz.models.registry import load_detector
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

CLASSES = ("background", "a", "b", "c", "d")


@pytest.fixture
def trace(tiny: FasterRCNN) -> Trace:
    return Trace(tiny, make_image(150, 200))


@pytest.mark.parametrize("stage", BOX_STAGES)
def test_every_box_of_a_stage_comes_out_exactly(trace: Trace, stage: str) -> None:
    boxes = stage_boxes(trace, stage)
    rows = list(csv.DictReader(io.StringIO(as_csv(boxes, CLASSES))))
    assert len(rows) == len(boxes.scores)
    read = torch.tensor([[float(row[name]) for name in ("x0", "y0", "x1", "y1", "score")] for row in rows])
    assert torch.equal(read[:, :4], boxes.boxes_in_image.cpu())
    assert torch.equal(read[:, 4], boxes.scores.cpu())


def test_detections_are_the_models_own(trace: Trace, tiny: FasterRCNN) -> None:
    boxes = stage_boxes(trace, "detections")
    with torch.inference_mode():
        (expected,) = copy.deepcopy(tiny)([trace.image])  # a forward pass writes the pooler's scales into the model
    assert torch.equal(boxes.boxes_in_image, expected["boxes"])
    assert torch.equal(boxes.scores, expected["scores"])
    assert torch.equal(boxes.labels, expected["labels"])


def test_kept_candidates_are_the_proposals(trace: Trace) -> None:
    candidates, proposals = stage_boxes(trace, "candidates"), stage_boxes(trace, "proposals")
    assert candidates.fates.count(Fate.KEPT.name.lower()) == len(proposals.scores)
    rows = proposals.columns["candidate"]
    assert torch.equal(candidates.boxes_in_image[rows], proposals.boxes_in_image)
    assert torch.equal(stage_boxes(trace, "anchors").scores[proposals.columns["anchor"]], proposals.scores)


def test_coco_reads_the_results(trace: Trace) -> None:
    boxes = stage_boxes(trace, "detections")
    text = as_coco_results(boxes, 7, {1: 11, 2: 12, 3: 13})
    truth = COCO()
    truth.dataset = {"images": [{"id": 7}], "categories": [{"id": n} for n in (11, 12, 13)], "annotations": []}
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        read = truth.loadRes(json.loads(text))
    known = boxes.labels != 4  # a class without a category is left out
    assert [a["category_id"] for a in read.dataset["annotations"]] == (boxes.labels[known] + 10).tolist()
    x0, y0, x1, y1 = boxes.boxes_in_image[known].double().T
    expected = torch.stack([x0, y0, x1 - x0, y1 - y0], dim=1)
    assert torch.allclose(torch.tensor([a["bbox"] for a in read.dataset["annotations"]]).double(), expected)


def test_coco_reads_the_masks_pixel_for_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())  # so that it is not held
    model = load_detector("maskrcnn_resnet50_fpn", "cpu", random_weights=True).model
    small = {"min_size": 96, "max_size": 160, "box_score_thresh": 0.0, "box_detections_per_img": 5}
    trace = Trace(model, make_image(90, 130), Settings.of(model).replace(**small))
    expected = trace.masks.in_image()[:, 0] > 0.5
    assert 0 < expected.sum() < expected.numel()
    truth = COCO()
    truth.dataset = {"images": [{"id": 1, "height": 90, "width": 130}], "categories": [], "annotations": []}
    rows = json.loads(as_coco_results(stage_boxes(trace, "detections"), 1, {label: label for label in range(1, 91)}))
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        read = truth.loadRes([{key: value for key, value in row.items() if key != "bbox"} for row in rows])
    annotations = read.dataset["annotations"]
    assert [one["area"] for one in annotations] == expected.sum(dim=(1, 2)).tolist()
    assert torch.equal(torch.from_numpy(np.stack([read.annToMask(one) for one in annotations])).bool(), expected)
    assert "segmentation" not in json.loads(as_coco_results(stage_boxes(trace, "proposals"), 1, {}))[0]


def test_a_stage_without_classes_has_category_one(trace: Trace) -> None:
    rows = json.loads(as_coco_results(stage_boxes(trace, "proposals"), 1, {}))
    assert len(rows) == len(trace.proposals)
    assert {row["category_id"] for row in rows} == {1}
