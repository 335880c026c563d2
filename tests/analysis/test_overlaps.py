"""Overlaps are those that torchvision measures of each stage's boxes, to the bit; the waterfall rests on them alone."""

from __future__ import annotations

import pytest
import torch
from torchvision.models.detection import FasterRCNN
from torchvision.ops import box_iou, clip_boxes_to_image

from frcnn_viz.analysis.outcomes import UNKNOWN
from frcnn_viz.analysis.overlaps import Overlaps
from frcnn_viz.analysis.waterfall import STAGES, stage_ious
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

TRUTH = torch.tensor([[10.0, 20.0, 70.0, 90.0], [50.0, 10.0, 150.0, 110.0], [0.0, 0.0, 160.0, 120.0]])
LABELS = torch.tensor([1, UNKNOWN, 2])


@pytest.fixture(scope="module")
def overlaps(tiny: FasterRCNN) -> Overlaps:
    return Overlaps(Trace(tiny, make_image(120, 160)), TRUTH, LABELS)


def test_every_table_is_torchvisions(overlaps: Overlaps) -> None:
    trace = overlaps.trace
    tables = {
        "anchors": trace.anchors.boxes,
        "moved": clip_boxes_to_image(trace.decoded, trace.input.input_size),
        "candidates": trace.proposals.candidates,
        "detections": trace.detections.boxes,
    }
    for name, boxes in tables.items():
        assert torch.equal(getattr(overlaps, name), box_iou(TRUTH, trace.input.boxes_in_image(boxes))), name
    for g, label in enumerate(LABELS.clamp(min=0).tolist()):
        boxes = trace.input.boxes_in_image(trace.rois.boxes[:, label])
        assert torch.equal(overlaps.refined[g], box_iou(TRUTH[g][None], boxes)[0])


def test_an_unknown_class_is_looked_for_among_all(overlaps: Overlaps) -> None:
    trace = overlaps.trace
    row = dict(zip(STAGES, stage_ious(overlaps)[1].tolist(), strict=True))
    boxes = trace.input.boxes_in_image(trace.rois.boxes[:, 1:].reshape(-1, 4))
    all_of_them = box_iou(TRUTH[1][None], boxes)[0]
    assert row["refined"] == all_of_them.max()
    assert row["final NMS"] == all_of_them[trace.detections.nms_kept].max()
    assert row["limit on detections"] == overlaps.detections[1].max()


def test_no_objects_are_an_empty_table(tiny_fpn: FasterRCNN) -> None:
    none = Overlaps(Trace(tiny_fpn, make_image(120, 160)), torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    assert stage_ious(none).shape == (0, len(STAGES))
