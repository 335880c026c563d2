"""The forms of the paper and of tutorials: the shapes that slides show, and ImageNet's weights in their places."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torchvision.models import mobilenet_v2, resnet50, vgg16

from frcnn_viz.models import registry
from frcnn_viz.models.registry import HALF, RANDOM, load_detector
from frcnn_viz.pipeline.rois import pool_rois
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image
from tests.models.publishing import publish


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub folder, and nothing loaded before or after: these models are large."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def test_vgg16_has_the_papers_shapes() -> None:
    detector = load_detector("vgg16", "cpu")
    assert detector.warning == RANDOM
    assert len(detector.classes) == 21
    settings = Settings.of(detector.model).replace(rpn_post_nms_top_n=128)
    trace = Trace(detector.model, make_image(800, 800), settings)
    assert trace.features.maps["0"].shape == (1, 512, 50, 50)
    assert len(trace.anchors) == 22_500
    assert trace.rpn.deltas.shape == (22_500, 4)
    assert trace.anchors.strides == [(16, 16)]
    pooled = pool_rois(detector.model, trace.features, trace.proposals.boxes, trace.input.input_size)
    assert pooled.shape == (128, 512, 7, 7)
    assert detector.model.roi_heads.box_head.layers[0].in_features == 25_088
    assert [layer.out_features for layer in detector.model.roi_heads.box_head.layers[::3]] == [4096, 4096]
    assert detector.model.roi_heads.fg_bg_sampler.batch_size_per_image == 128


@pytest.mark.parametrize(
    ("name", "image", "min_size", "shape", "stride"),
    [
        ("resnet50-c4", (640, 480), 800, (1, 1024, 67, 50), 16),  # 1066 x 800 after the resize
        ("resnet50-c5", (480, 640), 480, (1, 2048, 15, 20), 32),
        ("mobilenet-v2", (480, 640), 480, (1, 1280, 15, 20), 32),
    ],
)
def test_maps_are_those_of_the_slides(
    name: str, image: tuple[int, int], min_size: int, shape: tuple[int, ...], stride: int
) -> None:
    detector = load_detector(name, "cpu", random_weights=True)
    trace = Trace(detector.model, make_image(*image), Settings.of(detector.model).replace(min_size=min_size))
    assert trace.features.maps["0"].shape == shape
    assert trace.anchors.strides == [(stride, stride)]
    assert len(trace.anchors) == shape[2] * shape[3] * 9


def test_resnet50_c4_pools_fourteen_and_judges_by_its_last_stage() -> None:
    detector = load_detector("resnet50-c4", "cpu")
    trace = Trace(detector.model, make_image(120, 160), Settings.of(detector.model).replace(min_size=160))
    pooled = pool_rois(detector.model, trace.features, trace.proposals.boxes[:3], trace.input.input_size)
    assert pooled.shape == (3, 1024, 14, 14)
    assert detector.model.roi_heads.box_head[0](pooled).shape == (3, 2048, 7, 7)
    assert trace.rois.scores.shape[1] == 21


def test_mobilenet_v2_is_the_tutorials() -> None:
    model = load_detector("mobilenet-v2", "cpu").model
    assert model.rpn.anchor_generator.sizes == ((32.0, 64.0, 128.0),)
    assert model.rpn.anchor_generator.aspect_ratios == ((0.5, 1.0, 2.0),)
    assert model.roi_heads.box_roi_pool.output_size == (7, 7)
    assert model.roi_heads.box_predictor.cls_score.out_features == 2


@pytest.mark.parametrize(
    ("name", "build", "pairs"),
    [
        (
            "vgg16",
            vgg16,
            {
                "features.28.weight": "backbone.28.weight",
                "classifier.3.bias": "roi_heads.box_head.layers.3.bias",
            },
        ),
        (
            "resnet50-c4",
            resnet50,
            {
                "conv1.weight": "backbone.0.weight",
                "layer4.2.conv3.weight": "roi_heads.box_head.0.2.conv3.weight",
            },
        ),
        (
            "resnet50-c5",
            resnet50,
            {
                "layer1.0.conv1.weight": "backbone.4.0.conv1.weight",
                "layer4.2.conv3.weight": "backbone.7.2.conv3.weight",
            },
        ),
        ("mobilenet-v2", mobilenet_v2, {"features.18.0.weight": "backbone.18.0.weight"}),
    ],
)
def test_imagenet_weights_go_to_the_backbone_and_the_page_says_so(
    name: str, build: object, pairs: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(4)
    theirs = build(weights=None).state_dict()
    publish(monkeypatch, name, theirs, "backbone")
    detector = load_detector(name, "cpu")
    assert detector.warning == HALF
    mine = detector.model.state_dict()
    for source, target in pairs.items():
        assert torch.equal(mine[target], theirs[source])
    used = [key for key in mine if key.startswith("backbone.") and not key.endswith("num_batches_tracked")]
    untouched = load_detector(name, "cpu", random_weights=True).model.state_dict()
    weights = [key for key in used if key.endswith("weight") and mine[key].dim() == 4]
    assert all(not torch.equal(mine[key], untouched[key]) for key in weights)


def test_a_backbone_of_another_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, "vgg16", resnet50(weights=None).state_dict(), "backbone")
    assert load_detector("vgg16", "cpu", random_weights=True)
    with pytest.raises(ValueError, match="is of another model"):
        load_detector("vgg16", "cpu")
