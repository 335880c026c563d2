"""`frcnn-viz verify` is exactly 0 for every detector there is, masks and keypoints included; no reader misses it."""

from __future__ import annotations

import gc
import weakref
from collections import OrderedDict

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from frcnn_viz.analysis.architecture import modules_of
from frcnn_viz.models import registry
from frcnn_viz.models.heads import with_new_head
from frcnn_viz.models.registry import ENTRIES, load_detector
from frcnn_viz.pipeline.configure import configured
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.shapes import network_shapes
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui.memory import MEMORY
from tests.cli.running import run
from tests.conftest import make_image

SMALL = {"min_size": 96, "max_size": 160, "box_score_thresh": 0.0, "box_detections_per_img": 10}


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """One detector at a time: together they take gigabytes."""
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())


@pytest.mark.parametrize("name", ENTRIES)
def test_verify_is_exactly_zero(name: str) -> None:
    changes = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    printed = run("verify", "--model", name, "--random-weights", "--images", "1", *changes)
    assert "1 images, 10 detections" in printed
    told = [line for line in printed.splitlines() if line.startswith("largest difference")]
    assert len(told) == 3 + name.startswith(("mask", "keypoint"))
    assert all(line.split(":")[1].split()[0] == "0" for line in told)


@pytest.mark.parametrize(
    "name",
    [
        "street-fpn",
        "fasterrcnn_mobilenet_v3_large_320_fpn",
        "maskrcnn_resnet50_fpn_v2",
        "keypointrcnn_resnet50_fpn",
        "resnet50-c4",
    ],
)
def test_multiply_adds_are_those_torch_counts(name: str) -> None:
    """torch counts what really runs: a multiplication and an addition for each."""
    detector = load_detector(name, "cpu", random_weights=True)
    settings = Settings.of(detector.model).replace(**SMALL)
    image = make_image(120, 160)
    trace = Trace(detector.model, image, settings)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        configured(detector.model, settings)([image])
    modules = modules_of(trace)
    assert sum(m.multiply_adds for m in modules if not m.depth) * 2 == counter.get_total_flops()
    shapes = {module.path: module.shapes for module in modules}
    assert shapes["backbone"] == tuple(tuple(value.shape) for value in trace.features.maps.values())
    assert shapes["roi_heads.box_predictor"][0] == trace.rois.class_logits.shape
    if trace.masks is not None:
        assert shapes["roi_heads.mask_predictor"] == (trace.masks.logits.shape,)
    if trace.keypoints is not None:
        assert shapes["roi_heads.keypoint_predictor"] == (trace.keypoints.heatmaps.shape,)


def test_the_model_is_not_touched_by_being_read() -> None:
    detector = load_detector("street-fpn", "cpu")
    before = detector.fingerprint
    trace = Trace(detector.model, make_image(120, 160))
    modules_of(trace)
    assert not any(module._forward_hooks for module in detector.model.modules())
    assert all(parameter.device.type == "cpu" for parameter in detector.model.parameters())
    del detector.__dict__["fingerprint"]
    assert detector.fingerprint == before


def test_the_longest_unused_detector_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(registry, "ON_GIVE_UP", [lambda detector: told.append(detector.name)])
    first = load_detector("street-fpn", "cpu")
    load_detector("street-c4", "cpu")
    monkeypatch.setattr(registry, "MOST_BYTES", first.nbytes + 1)
    assert load_detector("street-fpn", "cpu") is first  # used last
    assert told == ["street-c4"]
    load_detector("street-c4", "cpu", random_weights=True)
    assert told == ["street-c4", "street-fpn"]


def test_nothing_holds_a_detector_that_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    image = make_image(120, 160)

    def use() -> weakref.ref:
        detector = load_detector("street-fpn", "cpu", random_weights=True)
        other = with_new_head(detector, ("cat",))
        network_shapes(detector.model, (120, 160), 96, 160)
        for model in (detector.model, other.model):
            Trace(model, image, memory=MEMORY, image_key="image").detections  # noqa: B018
        return weakref.ref(detector.model.backbone)

    backbone = use()
    gc.collect()
    assert backbone() is not None
    monkeypatch.setattr(registry, "MOST_BYTES", 1)
    load_detector("street-c4", "cpu")
    gc.collect()
    assert backbone() is None
