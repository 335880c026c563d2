"""One picture in a tiny detector, whose stages all tests here share."""

from __future__ import annotations

import pytest
from torchvision.models.detection import FasterRCNN

from frcnn_viz import Detector, trace
from frcnn_viz.notebook.story import Story
from tests.conftest import make_image

CLASSES = ("__background__", "ant", "bee", "cat", "dog")


@pytest.fixture(scope="session")
def story(tiny_fpn: FasterRCNN) -> Story:
    detector = Detector("tiny", "Tiny", "", tiny_fpn, CLASSES)
    return trace(detector, (make_image(120, 160) * 255).byte())
