"""The overview's figures show the numbers and boxes of the trace, no others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.figures.overview import detection_layer, funnel_figure, thumbnails
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

CLASSES = ("__background__", "a", "b", "c", "d")


@pytest.fixture
def trace(tiny: FasterRCNN) -> Trace:
    return Trace(tiny, make_image(120, 200))


def test_every_stage_has_a_picture(trace: Trace) -> None:
    pictures = thumbnails(trace)
    assert list(pictures) == ["input", "features", "anchors", "rpn", "proposals", "rois", "detections"]
    for picture, says in pictures.values():
        assert picture.dtype == np.uint8
        assert picture.ndim == 3
        assert picture.shape[2] == 3
        assert says


def test_the_input_is_the_resized_picture(trace: Trace) -> None:
    assert thumbnails(trace)["input"][0].shape[:2] == tuple(trace.input.resized.shape[-2:])


def test_pictures_of_nothing(tiny: FasterRCNN) -> None:
    settings = Settings.of(tiny).replace(rpn_score_thresh=1.0)
    nothing = Trace(tiny, make_image(1, 1), settings)
    assert len(nothing.proposals) == 0
    pictures = thumbnails(nothing)
    assert pictures["proposals"][1] == "the 0 best of 0"
    assert pictures["detections"][1] == "all 0"
    assert len(detection_layer(nothing, CLASSES).boxes_in_image) == 0


def test_the_funnel_has_the_counts_in_order(trace: Trace) -> None:
    (bar,) = funnel_figure(trace.funnel).data
    assert list(zip(bar.y, bar.customdata, strict=True)) == trace.funnel
    assert list(bar.text) == [f"{count:,}" for _, count in trace.funnel]


def test_an_empty_step_of_the_funnel_has_a_place_on_a_logarithmic_axis() -> None:
    (bar,) = funnel_figure([("anchors", 100), ("detections", 0)]).data
    assert list(bar.x) == [100, 0.5]
    assert list(bar.text) == ["100", "0"]


def test_the_layer_holds_the_detections(trace: Trace) -> None:
    found, layer = trace.detections, detection_layer(trace, CLASSES)
    assert len(found)
    assert torch.equal(torch.as_tensor(layer.boxes_in_image), found.boxes_in_image)
    assert torch.equal(torch.as_tensor(layer.scores), found.scores)
    assert layer.labels[0] == f"{CLASSES[found.labels[0]]} {found.scores[0]:.2f}"


def test_boxes_are_drawn_on_a_small_copy_of_a_large_picture(tiny_fpn: FasterRCNN) -> None:
    trace = Trace(tiny_fpn, torch.zeros(3, 300, 1600, dtype=torch.uint8))
    pictures = thumbnails(trace)
    assert all(pictures[name][0].shape == (120, 640, 3) for name in ("anchors", "proposals", "detections"))
    box = trace.detections.boxes_in_image[0] * 0.4
    on = torch.from_numpy(pictures["detections"][0].copy()).any(dim=2).nonzero()
    (top, left), (bottom, right) = on.amin(dim=0).tolist(), on.amax(dim=0).tolist()
    assert left <= box[0] + 1
    assert top <= box[1] + 1
    assert right >= box[2] - 1
    assert bottom >= min(box[3] - 1, 119)
