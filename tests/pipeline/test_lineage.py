"""From an anchor to a detection: decoding (anchor, deltas) gives the proposal, (proposal, deltas) the detection.

The decoding here is the paper's formula written out (section 3.1.2), not torchvision's coder.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image


@pytest.fixture(scope="module")
def trace(tiny: FasterRCNN) -> Trace:
    return Trace(tiny, make_image(200, 260))


def decode(boxes: Tensor, deltas: Tensor, weights: tuple[float, ...], size: tuple[int, int]) -> Tensor:
    sides, centers = boxes[:, 2:] - boxes[:, :2], (boxes[:, 2:] + boxes[:, :2]) / 2
    deltas = deltas / torch.tensor(weights)
    centers, sides = centers + deltas[:, :2] * sides, sides * deltas[:, 2:].exp()
    moved = torch.cat([centers - sides / 2, centers + sides / 2], dim=1)
    height, width = size
    return moved.clamp(min=0).minimum(torch.tensor([width, height, width, height]))


def test_anchor_to_proposal(trace: Trace) -> None:
    anchor = trace.proposals.anchor[trace.proposals.kept]
    boxes = decode(trace.anchors.boxes[anchor], trace.rpn.deltas[anchor], (1, 1, 1, 1), trace.input.input_size)
    torch.testing.assert_close(boxes, trace.proposals.boxes, rtol=0, atol=1e-3)
    torch.testing.assert_close(trace.rpn.objectness[anchor].sigmoid(), trace.proposals.scores[trace.proposals.kept])


def test_proposal_to_detection(trace: Trace) -> None:
    d = trace.detections
    deltas = trace.rois.box_regression.view(len(trace.proposals), -1, 4)[d.roi, d.labels]
    boxes = decode(trace.proposals.boxes[d.roi], deltas, (10, 10, 5, 5), trace.input.input_size)
    torch.testing.assert_close(boxes, d.boxes, rtol=0, atol=1e-3)
    assert torch.equal(trace.rois.scores[d.roi, d.labels], d.scores)
    assert torch.equal(trace.rois.boxes[d.roi, d.labels], d.boxes)


def test_an_anchors_maps_and_rows_agree(trace: Trace) -> None:
    """The flat outputs and the maps of the head are the same numbers in the anchors' order."""
    for index in range(0, len(trace.anchors), 101):
        level, row, column, shape = trace.anchors.place(index)
        assert trace.rpn.objectness_maps[level][shape, row, column] == trace.rpn.objectness[index]
        assert int(trace.anchors.levels[index]) == level
