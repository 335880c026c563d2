"""Tiny random detectors and images: the tests need no weights and no network."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import torch
from streamlit.components.v2 import manifest_scanner
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.ops import MultiScaleRoIAlign

from tests.browser.pages import browser, page  # noqa: F401
from tests.training.small import squares  # noqa: F401

torch.set_num_threads(1)  # two workers share two cores
hypothesis.settings.register_profile("unhurried", deadline=None)  # nor is a busy machine a mistake
hypothesis.settings.load_profile("unhurried")
# Each AppTest reads the metadata of all installed packages for components, which takes longer than most pages.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)
os.environ["FRCNN_VIZ_WORKSPACE"] = tempfile.mkdtemp(prefix="frcnn-viz-tests-")
RATIOS = (0.5, 1.0, 2.0)
SMALL = {
    "num_classes": 5,
    "min_size": 160,
    "max_size": 320,
    "box_nms_thresh": 0.3,
    "rpn_pre_nms_top_n_test": 400,
    "rpn_post_nms_top_n_test": 120,
}


def make_image(height: int, width: int, seed: int = 0) -> Tensor:
    """Coarse blocks of colour with a little noise: float32 [3, height, width] in 0..1."""
    generator = torch.Generator().manual_seed(seed)
    blocks = torch.rand(1, 3, max(1, height // 20), max(1, width // 20), generator=generator)
    image = nn.functional.interpolate(blocks, (height, width))[0]
    return (image + 0.1 * torch.rand(3, height, width, generator=generator)).clamp(0, 1)


def liven(model: FasterRCNN) -> FasterRCNN:
    """Enlarge the heads' random weights, so that scores spread and boxes move as in a trained model."""
    with torch.no_grad():
        model.rpn.head.cls_logits.weight.mul_(800)
        model.rpn.head.bbox_pred.weight.mul_(60)
        model.roi_heads.box_predictor.cls_score.weight.mul_(30)
        model.roi_heads.box_predictor.bbox_pred.weight.mul_(10)
    return model.eval().requires_grad_(False)


def _block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.GroupNorm(4, outputs), nn.ReLU())


def build_tiny_fpn(**options: object) -> FasterRCNN:
    """Four levels, strides 4 to 32, three anchors per cell."""
    torch.manual_seed(1)
    body = nn.Sequential(OrderedDict(a=_block(3, 16, 4), b=_block(16, 16, 2), c=_block(16, 16, 2)))
    backbone = BackboneWithFPN(body, {"a": "0", "b": "1", "c": "2"}, [16] * 3, 16)
    anchors = AnchorGenerator(((12,), (24,), (48,), (96,)), (RATIOS,) * 4)
    pool = MultiScaleRoIAlign(["0", "1", "2"], 7, 2, canonical_scale=80)
    return liven(FasterRCNN(backbone, rpn_anchor_generator=anchors, box_roi_pool=pool, **{**SMALL, **options}))


def build_tiny_c4(**options: object) -> FasterRCNN:
    """The paper's form: one map of stride 16, nine anchors per cell."""
    torch.manual_seed(8)
    backbone = nn.Sequential(_block(3, 16, 4), _block(16, 16, 4))
    backbone.out_channels = 16
    anchors = AnchorGenerator(((24, 48, 96),), (RATIOS,))
    pool = MultiScaleRoIAlign(["0"], 7, 2)
    return liven(FasterRCNN(backbone, rpn_anchor_generator=anchors, box_roi_pool=pool, **{**SMALL, **options}))


@pytest.fixture(autouse=True)
def same_main() -> Iterator[None]:
    """Streamlit's AppTest leaves its script as `__main__`, which processes that are spawned later would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a workspace of the test's own, which is not there yet."""
    folder = tmp_path / "workspace"
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_fpn() -> FasterRCNN:
    return build_tiny_fpn()


@pytest.fixture(scope="session")
def tiny_c4() -> FasterRCNN:
    return build_tiny_c4()


@pytest.fixture(scope="session", params=["fpn", "c4"])
def tiny(request: pytest.FixtureRequest, tiny_fpn: FasterRCNN, tiny_c4: FasterRCNN) -> FasterRCNN:
    """Each of the two tiny detectors in turn."""
    return {"fpn": tiny_fpn, "c4": tiny_c4}[request.param]
