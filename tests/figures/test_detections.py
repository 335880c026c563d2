"""The final filter on a picture: which candidates it holds, and how they are coloured."""

from __future__ import annotations

import pytest
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.figures.detections import LOST, held_candidates, refined_layer
from frcnn_viz.pipeline.detections import select_detections
from frcnn_viz.pipeline.results import Fate, flatten_candidates
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image


@pytest.fixture
def trace(tiny: FasterRCNN) -> Trace:
    return Trace(tiny, make_image(200, 260), Settings.of(tiny).replace(box_score_thresh=0.0))


def test_a_small_head_is_held_whole(trace: Trace) -> None:
    rows, floor = held_candidates(trace)
    assert rows.tolist() == list(range(len(trace.detections.fate)))
    assert floor == -1


def test_of_a_large_head_the_best_scored_are_held_and_every_detection(trace: Trace) -> None:
    _, scores, _ = flatten_candidates(trace.rois)
    rows, floor = held_candidates(trace, most=20)
    held = torch.zeros(len(scores), dtype=torch.bool)
    held[rows] = True
    assert int((scores > floor).sum()) <= 20
    assert torch.equal(held, (scores > floor) | (trace.detections.fate == Fate.KEPT))
    assert rows.tolist() == sorted(rows.tolist())


def test_what_is_left_out_changes_no_fate_of_what_is_held(trace: Trace) -> None:
    _, scores, _ = flatten_candidates(trace.rois)
    floor = held_candidates(trace, most=40)[1]
    of = {"nms_thresh": 0.3, "detections_per_img": 15}
    for threshold in (0.0, floor, float(scores.max()) / 2):
        whole = select_detections(trace.rois, trace.input, score_thresh=threshold, **of)
        above = select_detections(trace.rois, trace.input, score_thresh=max(threshold, floor), **of)
        passing = scores > max(threshold, floor)
        assert torch.equal(whole.fate[passing], above.fate[passing])


def test_detections_have_the_colour_of_their_class_and_the_others_that_of_their_fate(trace: Trace) -> None:
    found, classes = trace.detections, tuple(map(str, range(trace.rois.num_classes)))
    layer = refined_layer(trace, classes, torch.arange(len(found.fate)), {})
    assert torch.equal(layer.groups[found.kept], found.labels)
    assert layer.named == len(classes)
    for number, fate in enumerate(LOST.values()):
        assert torch.equal(layer.groups == len(classes) + number, found.fate == fate)
