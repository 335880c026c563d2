"""The code drawer: pasted and run, it gives the very tensors the page shows."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from frcnn_viz import Settings, load_detector, trace
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import sample_scene
from frcnn_viz.models.heads import with_new_head
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui.code import STAGES, code_of, code_of_losses

CHANGES = {
    "box_score_thresh": 0.3,
    "rpn_nms_thresh": 0.6,
    "rpn_post_nms_top_n": 120,
    "min_size": 200,
    "box_nms_thresh": 0.4,
}


def run_code(stage: str, model: str, settings: Settings) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code_of(stage, model=model, image="sample_scene('crowd')", settings=settings), names)
    return names


def story(model: str, changes: dict[str, float]) -> Trace:
    detector = load_detector(model, "cpu")
    settings = Settings.of(detector.model).replace(**changes)
    return trace(detector, from_pil(sample_scene("crowd").image, "crowd"), settings)


@pytest.mark.parametrize("model", ["street-fpn", "street-c4"])
@pytest.mark.parametrize("changes", [{}, CHANGES], ids=["defaults", "changed"])
def test_the_code_gives_the_trace(model: str, changes: dict[str, float]) -> None:
    expected = story(model, changes)
    names = run_code("detections", model, expected.settings)
    assert torch.equal(names["images"].tensors, expected.input.images.tensors)
    assert all(torch.equal(names["features"][name], m) for name, m in expected.features.maps.items())
    assert torch.equal(names["anchors"], expected.anchors.boxes)
    assert torch.equal(names["proposals"][0], expected.proposals.boxes)
    assert torch.equal(names["scores"], expected.rois.scores)
    assert torch.equal(names["detections"]["boxes"], expected.detections.boxes_in_image)
    assert torch.equal(names["detections"]["scores"], expected.detections.scores)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stages_code_runs(stage: str) -> None:
    settings = Settings.of(load_detector("street-c4", "cpu").model)
    assert "model" in run_code(stage, "street-c4", settings)


@pytest.mark.parametrize("new_classes", [0, 2])
@pytest.mark.parametrize("model", ["street-fpn", "street-c4"])
def test_the_code_gives_the_losses(model: str, new_classes: int) -> None:
    detector = load_detector(model, "cpu")
    settings = Settings.of(detector.model).replace(seed=3, rpn_fg_iou_thresh=0.6, box_batch_size_per_image=64)
    objects = [([100.0, 120.0, 180.0, 300.0], 1), ([300.5, 200.0, 420.0, 280.0], 2)]
    if new_classes:
        detector = with_new_head(detector, ("a", "b"), settings.seed)
    seen = trace(detector, from_pil(sample_scene("crowd").image, "crowd"), settings)
    boxes, labels = torch.tensor([box for box, _ in objects]), torch.tensor([label for _, label in objects])
    names: dict[str, Any] = {}
    image = "sample_scene('crowd')"
    exec(code_of_losses(objects, model=model, image=image, settings=settings, new_classes=new_classes), names)
    expected = seen.losses(boxes, labels).by_name
    assert names["losses"].keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(names["losses"][name], value), name


def test_the_code_opens_random_weights_and_the_third_head() -> None:
    changes = {"min_size": 96, "max_size": 160, "box_score_thresh": 0.0, "box_detections_per_img": 4}
    detector = load_detector("maskrcnn_resnet50_fpn", "cpu", random_weights=True)
    settings = Settings.of(detector.model).replace(**changes)
    expected = trace(detector, from_pil(sample_scene("crowd").image, "crowd"), settings)
    image = "sample_scene('crowd')"
    names: dict[str, Any] = {}
    exec(code_of("detections", model=detector.name, image=image, settings=settings, random_weights=True), names)
    assert torch.equal(names["detections"]["boxes"], expected.detections.boxes_in_image)
    assert torch.equal(names["detections"]["masks"], expected.masks.in_image())
