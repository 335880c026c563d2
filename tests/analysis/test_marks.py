"""Small objects are marked with what the detector sees of them; a start never doubles what is drawn."""

from __future__ import annotations

import pytest
import torch
from torchvision.models.detection import FasterRCNN
from torchvision.ops import box_iou

from frcnn_viz.analysis.marks import small_marks, start_from_detections
from frcnn_viz.data.annotations import Object
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

CLASSES = ("background", "a", "b", "c", "d")


def test_an_object_under_eight_pixels_after_resize_is_marked(tiny_fpn: FasterRCNN) -> None:
    trace = Trace(tiny_fpn, make_image(320, 320))  # resized to half
    objects = [
        Object((0, 0, 30, 40), "large"),
        Object((0, 0, 10, 40), "narrow"),
        Object((3, 3, 3, 9), "flat"),
        Object((8, 8, 24.5, 24), "eight"),
    ]
    marks = small_marks(trace, objects)
    assert list(marks) == [1]
    best = box_iou(torch.tensor([[0.0, 0.0, 5.0, 20.0]]), trace.anchors.boxes).max()
    assert marks[1] == f"5.0 x 20.0 px after resize, best anchor IoU {float(best):.2f}"


def test_what_float32_cannot_hold_is_marked_all_the_same(tiny_fpn: FasterRCNN) -> None:
    trace = Trace(tiny_fpn, make_image(160, 160))
    thin = Object((100.0, 0.0, 100.000000001, 9.0), "thin")
    assert small_marks(trace, [thin]) == {0: "0.0 x 9.0 px after resize, best anchor IoU 0.00"}


def test_a_start_adds_what_is_not_drawn_yet(tiny: FasterRCNN) -> None:
    found = Trace(tiny, make_image(150, 200)).detections
    assert len(found) > 3
    start = start_from_detections(found, CLASSES, [], 0.0)
    assert start_from_detections(found, CLASSES, start, 0.0) == start
    assert start_from_detections(found, CLASSES, start[:1], 2.0) == start[:1]
    assert all(value == round(value) for one in start for value in one.box)
    assert start[0].label == CLASSES[int(found.labels[0])]
    assert start[0].box == pytest.approx(found.boxes_in_image[0].tolist(), abs=0.5)
