"""A checkpoint under the hub's name gives exactly what torchvision's own `weights=` makes of the same file."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import get_model, get_model_weights

from frcnn_viz.models import registry
from frcnn_viz.models.pretrained import PRETRAINED
from frcnn_viz.models.registry import load_detector
from frcnn_viz.pipeline.configure import configured
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image
from tests.models.publishing import publish


@pytest.mark.parametrize("name", PRETRAINED)
def test_it_is_torchvisions_model(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())
    torch.manual_seed(3)
    made = get_model(name, weights=None, weights_backbone=None)
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 1.5)  # not 1, so that the norms' epsilon tells
    os.link(publish(monkeypatch, name, made.state_dict()), PRETRAINED[name].hub.path)
    theirs = get_model(name, weights=get_model_weights(name).COCO_V1).eval()
    ours = load_detector(name, "cpu").model
    assert sum(p.numel() for p in theirs.parameters()) == PRETRAINED[name].published["parameters"]
    small = Settings.of(ours).replace(min_size=96, max_size=160, box_score_thresh=0.0, box_detections_per_img=10)
    assert small == Settings.of(theirs).replace(
        min_size=96, max_size=160, box_score_thresh=0.0, box_detections_per_img=10
    )
    image = make_image(120, 160)
    trace = Trace(ours, image, small)
    with torch.inference_mode():
        (expected,) = configured(theirs, small)([image])
    assert len(trace.detections) == 10
    assert torch.equal(trace.detections.boxes_in_image, expected["boxes"])
    assert torch.equal(trace.detections.scores, expected["scores"])
    if "masks" in expected:
        assert torch.equal(trace.masks.in_image(), expected["masks"])
    if "keypoints" in expected:
        assert torch.equal(trace.keypoints.points_in_image, expected["keypoints"])
        assert torch.equal(trace.keypoints.scores, expected["keypoints_scores"])
