"""Boxes without end, which would end the process in RoIAlign, and detectors whose weights are ruined."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn
from torchvision.models.detection import FasterRCNN

from frcnn_viz.analysis.probe import probe
from frcnn_viz.analysis.stress import AXES, stress
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.pipeline.rois import pool_rois
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

IMAGE, LABELS = make_image(120, 160), torch.tensor([1, 1])
SOUND = torch.tensor([[10.0, 10, 60, 70], [20, 30, 90, 100]])


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e300])
@pytest.mark.parametrize("corner", range(4))
def test_a_box_without_end_is_named_wherever_it_enters(tiny: FasterRCNN, corner: int, value: float) -> None:
    boxes = SOUND.double()
    boxes[1, corner] = value
    trace = Trace(tiny, IMAGE)
    if math.isfinite(value):  # but not as float32
        boxes = boxes.float()
    enter = [
        lambda: trace.match(boxes),
        lambda: trace.losses(boxes, LABELS),
        lambda: probe(trace, boxes[1]),
        lambda: list(stress(lambda *_: trace, IMAGE, boxes[1], 1, AXES["shift"], Settings.of(tiny))),
        lambda: pool_rois(tiny, trace.features, boxes.float(), trace.input.input_size),
        lambda: GroundTruth(boxes, ("a", "b")),
    ]
    for one in enter:
        with pytest.raises(ValueError, match=r"(ground-truth box 1|box 0|RoI 1) is \(.*; its corners must be finite"):
            one()


def test_what_only_float32_cannot_hold_is_left_out() -> None:
    truth = GroundTruth.of([Object((0, 0, 1e300, 10), "far"), Object((0, 0, 10, 10), "near")])
    assert (truth.names, truth.left_out) == (("near",), 1)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("part", ["backbone", "objectness", "deltas", "scores", "boxes"])
def test_a_ruined_detector_ends_nothing(tiny: FasterRCNN, part: str, value: float) -> None:
    ruined = copy.deepcopy(tiny)
    head, predictor = ruined.rpn.head, ruined.roi_heads.box_predictor
    layers: dict[str, nn.Module] = {
        "backbone": next(m for m in ruined.backbone.modules() if isinstance(m, nn.Conv2d)),
        "objectness": head.cls_logits,
        "deltas": head.bbox_pred,
        "scores": predictor.cls_score,
        "boxes": predictor.bbox_pred,
    }
    layers[part].weight.view(-1)[::3] = value
    settings = Settings.of(ruined).replace(rpn_score_thresh=0.0, rpn_min_size=0.0, box_score_thresh=0.0)
    trace = Trace(ruined, IMAGE, settings)
    assert trace.detections.boxes_in_image.shape[1] == 4
    for one in (lambda: trace.losses(SOUND, LABELS), lambda: probe(trace, SOUND[0], times=3)):
        said = ""
        try:
            one()
        except ValueError as error:
            said = str(error)
        assert not said or "Damaged weights" in said
