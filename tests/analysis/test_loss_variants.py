"""Other losses, written out by hand on the same sample."""

from __future__ import annotations

import pytest
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.analysis.loss_variants import CURVES, curve, variants
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

TRUTH = torch.tensor([[20.0, 20.0, 80.0, 90.0], [100.0, 40.0, 160.0, 120.0]])


def test_variants_are_what_they_say(tiny: FasterRCNN) -> None:
    losses = Trace(tiny, make_image(150, 200)).losses(TRUTH, torch.tensor([1, 2]))
    found = {(v.loss, v.name): v.value for v in variants(losses, 1000)}
    rpn, roi = losses.rpn, losses.roi
    probability = rpn.logits.double().sigmoid()
    entropy = -torch.where(rpn.labels > 0, probability, 1 - probability).log().mean()
    for name in ("binary cross-entropy on one logit", "softmax on two logits"):
        assert found["loss_objectness", name] == pytest.approx(float(entropy), rel=1e-5)
    error = (rpn.deltas - rpn.targets)[rpn.labels > 0].abs()
    smooth = torch.where(error < 1, error.square() / 2, error - 0.5).sum()
    paper = found["loss_rpn_box_reg", "smooth L1, beta 1, times 10, over the cells"]
    assert paper == pytest.approx(float(smooth) * 10 / 1000, rel=1e-5)
    assert found["loss_rpn_box_reg", "L1"] == pytest.approx(float(error.sum()) / len(rpn.labels), rel=1e-5)
    error = (roi.deltas - roi.targets)[roi.labels > 0]
    assert found["loss_box_reg", "L2"] == pytest.approx(float(error.square().sum()) / len(roi.labels), rel=1e-5)
    assert found["loss_box_reg", "smooth L1, beta 1/9"] == float(losses.by_name["loss_box_reg"])


def test_without_objects_only_objectness_and_class_remain(tiny: FasterRCNN) -> None:
    losses = Trace(tiny, make_image(150, 200)).losses(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    assert all(v.value == 0 for v in variants(losses, 1000) if v.loss.endswith("reg"))


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_even_and_start_at_nothing(name: str) -> None:
    error = torch.arange(-15, 16) / 10
    values = curve(name, error)
    assert values[15] == 0
    assert torch.allclose(values, values.flip(0))
