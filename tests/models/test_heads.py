"""A new head: as torchvision's own swap gives it, and the detector it was made from stays as it was."""

from __future__ import annotations

import copy
import math

import torch
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor

from frcnn_viz import load_detector
from frcnn_viz.models.heads import with_new_head
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

IMAGE = make_image(240, 320)


def test_it_equals_torchvisions_swap() -> None:
    detector = load_detector("street-fpn", "cpu")
    fresh = with_new_head(detector, ("cat", "dog"), seed=3)
    by_hand = copy.deepcopy(detector.model)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        by_hand.roi_heads.box_predictor = FastRCNNPredictor(256, 3)
    by_hand.roi_heads.score_thresh = 0.0
    trace = Trace(fresh.model, IMAGE, None)
    trace = Trace(fresh.model, IMAGE, trace.settings.replace(box_score_thresh=0.0))
    with torch.inference_mode():
        expected = by_hand.eval()([IMAGE])[0]
    assert torch.equal(trace.detections.boxes_in_image, expected["boxes"])
    assert torch.equal(trace.detections.scores, expected["scores"])
    assert torch.equal(trace.detections.labels, expected["labels"])
    assert fresh.classes == ("__background__", "cat", "dog")
    assert not fresh.trained


def test_the_detector_it_came_from_is_not_changed() -> None:
    detector = load_detector("street-fpn", "cpu")
    before = Trace(detector.model, IMAGE).detections.scores
    fresh = with_new_head(detector, ("cat",))
    assert fresh.model.backbone is detector.model.backbone
    assert detector.trained
    assert torch.equal(Trace(detector.model, IMAGE).detections.scores, before)
    assert with_new_head(detector, ("cat",)) is fresh


def test_an_untrained_head_is_unsure() -> None:
    """Of K + 1 classes none is preferred much: the classification loss starts near ln(K + 1)."""
    fresh = with_new_head(load_detector("street-fpn", "cpu"), ("cat", "dog"))
    losses = Trace(fresh.model, IMAGE).losses(torch.tensor([[20.0, 20.0, 120.0, 160.0]]), torch.tensor([2]))
    assert abs(float(losses.roi.classifier) - math.log(3)) < 0.7


def test_the_first_stage_is_shared_with_the_old_head() -> None:
    detector, image, memory = load_detector("street-fpn", "cpu"), make_image(96, 128), Memory(max_bytes=2**28)
    other = with_new_head(detector, ("cat", "dog"))
    mine, theirs = (Trace(d.model, image, memory=memory, image_key="image") for d in (detector, other))
    for stage in ("input", "features", "anchors", "rpn", "decoded", "proposals", "training_proposals"):
        assert getattr(mine, stage) is getattr(theirs, stage)
    assert mine.rois.scores.shape != theirs.rois.scores.shape
