"""Probing: a proposal gives its stored numbers, any other box what the heads say of it."""

from __future__ import annotations

import copy

import pytest
import torch
from torchvision.models.detection import FasterRCNN
from torchvision.ops import box_iou

from frcnn_viz.analysis.probe import pass_through, probe
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image


def test_a_proposal_gives_its_stored_numbers(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(160, 160))
    for proposal in (0, 5, len(trace.proposals) - 1):
        box = trace.proposals.boxes[proposal]
        passage = pass_through(trace, box)
        first = int((trace.proposals.boxes == box).all(dim=1).nonzero()[0, 0])
        assert passage.stored == first
        assert torch.equal(passage.scores, trace.rois.scores[first])
        assert torch.equal(passage.refined, trace.rois.boxes[first, passage.label])


def test_any_other_box_goes_through_the_models_own_heads(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(160, 160))
    box = torch.tensor([20.3, 31.2, 90.1, 77.7])
    passage = pass_through(trace, box)
    assert passage.stored is None
    heads = copy.deepcopy(tiny.roi_heads)
    heads.score_thresh, heads.nms_thresh, heads.detections_per_img = -1.0, 1.0, 10_000
    with torch.inference_mode():
        (expected,), _ = heads(trace.features.maps, [box[None]], [trace.input.input_size])
    best = int(expected["scores"].argmax())
    assert float(passage.scores[passage.label]) == pytest.approx(float(expected["scores"][best]))
    assert torch.allclose(passage.refined, expected["boxes"][best], atol=1e-4)


def test_the_first_stage_is_asked_about_the_nearest_anchor(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(160, 160))
    inside = ((trace.anchors.boxes >= 0) & (trace.anchors.boxes <= 160)).all(dim=1).nonzero()[:, 0]
    anchor = int(inside[7])
    box = trace.input.boxes_in_image(trace.anchors.boxes[anchor][None])[0]
    found = probe(trace, box)
    assert found.anchor_iou == pytest.approx(1)
    assert box_iou(trace.anchors.boxes[[found.anchor]], trace.anchors.boxes[[anchor]]) == pytest.approx(1)
    assert found.objectness == pytest.approx(float(trace.rpn.objectness[found.anchor].sigmoid()))
    assert len(found.passages) == 2
    assert torch.equal(found.passages[1].box, found.passages[0].refined)


def test_a_box_without_an_area_is_refused(tiny: FasterRCNN) -> None:
    with pytest.raises(ValueError, match="no area"):
        probe(Trace(tiny, make_image(160, 160)), torch.tensor([5.0, 5.0, 5.0, 9.0]))
