"""The pipeline equals torchvision bit for bit, at the model's own settings and at others."""

from __future__ import annotations

import copy
import io

import pytest
import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN, fasterrcnn_mobilenet_v3_large_320_fpn, fasterrcnn_resnet50_fpn

from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import build_tiny_c4, build_tiny_fpn, liven, make_image

SIZES = [(1, 1), (33, 517), (240, 135), (900, 1400)]


def assert_equal_to_model(model: FasterRCNN, image: Tensor, trace: Trace | None = None) -> Trace:
    trace = trace or Trace(model, image)
    with torch.inference_mode():
        expected = model([image])[0]
    assert torch.equal(trace.detections.boxes_in_image, expected["boxes"])
    assert torch.equal(trace.detections.scores, expected["scores"])
    assert torch.equal(trace.detections.labels, expected["labels"])
    return trace


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_tiny_models(tiny: FasterRCNN, size: tuple[int, int]) -> None:
    assert_equal_to_model(copy.deepcopy(tiny), make_image(*size))


@pytest.mark.parametrize("build", [fasterrcnn_resnet50_fpn, fasterrcnn_mobilenet_v3_large_320_fpn])
def test_torchvision_models(build: object) -> None:
    torch.manual_seed(0)
    model = liven(build(weights=None, weights_backbone=None, min_size=200, max_size=320, num_classes=6))
    for size in [(1, 1), (33, 517), (150, 110)]:
        trace = assert_equal_to_model(model, make_image(*size))
    assert len(trace.proposals) > 0


def test_fixtures_are_worth_testing(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(200, 260))
    assert len(trace.proposals) >= 100
    assert len(trace.detections) >= 20
    assert len(trace.detections.labels.unique()) >= 3


@pytest.mark.parametrize(("top_n", "score_thresh", "vanilla"), [(100, 0.4, False), (1500, 0.0, True)])
def test_both_paths_of_batched_nms(top_n: int, score_thresh: float, vanilla: bool) -> None:
    """On the CPU torchvision shifts the groups apart up to 4,000 numbers, and loops over them above."""
    options = {"rpn_pre_nms_top_n_test": top_n, "rpn_post_nms_top_n_test": 400, "box_score_thresh": score_thresh}
    model = build_tiny_fpn(**options)
    trace = assert_equal_to_model(model, make_image(200, 260))
    assert (trace.proposals.candidates.numel() > 4000) == vanilla
    alive = int((trace.rois.scores[:, 1:] > score_thresh).sum())
    assert (alive * 4 > 4000) == vanilla


CHANGES = {
    "min_size": 120,
    "max_size": 200,
    "rpn_pre_nms_top_n": 150,
    "rpn_post_nms_top_n": 60,
    "rpn_nms_thresh": 0.5,
    "rpn_score_thresh": 0.3,
    "rpn_min_size": 15.0,
    "box_score_thresh": 0.25,
    "box_nms_thresh": 0.6,
    "box_detections_per_img": 7,
}


@pytest.mark.parametrize("names", [*([name] for name in CHANGES), list(CHANGES)], ids=lambda names: "-".join(names[:2]))
def test_other_settings_equal_a_model_built_with_them(tiny_fpn: FasterRCNN, names: list[str]) -> None:
    changes = {name: CHANGES[name] for name in names}
    tests = ("rpn_pre_nms_top_n", "rpn_post_nms_top_n")
    model = build_tiny_fpn(**{name + "_test" * (name in tests): value for name, value in changes.items()})
    model.rpn.min_size = changes.get("rpn_min_size", model.rpn.min_size)  # no argument of the constructor
    image = make_image(200, 260)
    assert_equal_to_model(model, image, Trace(tiny_fpn, image, Settings.of(tiny_fpn).replace(**changes)))


def test_other_anchors_equal_a_model_built_with_them(tiny_c4: FasterRCNN) -> None:
    changes = {"anchor_sizes": ((20.0, 40.0, 60.0),), "aspect_ratios": ((0.3, 1.0, 3.0),)}
    other = build_tiny_c4()
    other.rpn.anchor_generator = type(other.rpn.anchor_generator)(*changes.values())
    image = make_image(200, 260)
    assert_equal_to_model(other, image, Trace(tiny_c4, image, Settings.of(tiny_c4).replace(**changes)))


def test_stages_equal_the_models_parts(tiny: FasterRCNN) -> None:
    model, image = copy.deepcopy(tiny), make_image(200, 260)
    trace = Trace(tiny, image)
    with torch.inference_mode():
        images, _ = model.transform([image])
        features = model.backbone(images.tensors)
        features = {"0": features} if isinstance(features, Tensor) else features
        proposals, _ = model.rpn(images, features)
        (anchors,) = model.rpn.anchor_generator(images, list(features.values()))
    assert torch.equal(trace.input.images.tensors, images.tensors)
    assert all(torch.equal(trace.features.maps[name], features[name]) for name in features)
    assert torch.equal(trace.anchors.boxes, anchors)
    assert torch.equal(trace.proposals.boxes, proposals[0])


def test_looking_changes_nothing() -> None:
    def state(model: FasterRCNN) -> tuple:
        buffer = io.BytesIO()
        torch.save(model.state_dict(), buffer)
        hooks = [(len(m._forward_hooks), len(m._forward_pre_hooks), m.training) for m in model.modules()]
        return buffer.getvalue(), hooks, Settings.of(model), [sorted(vars(m)) for m in model.modules()]

    model = build_tiny_fpn()
    before, mode = state(model), torch.is_grad_enabled()
    changes = {"min_size": 100, "max_size": 150, "rpn_nms_thresh": 0.4, "box_score_thresh": 0.2}
    assert len(Trace(model, make_image(200, 260), Settings.of(model).replace(**changes)).detections)
    assert state(model) == before
    assert torch.is_grad_enabled() == mode
    assert model.transform.min_size == (160,)
    assert model.roi_heads.box_roi_pool.scales is None


def test_a_model_in_training_mode_is_refused() -> None:
    with pytest.raises(ValueError, match=r"model\.eval"):
        Trace(build_tiny_c4().train(), make_image(20, 20))
