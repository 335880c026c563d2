"""The life of a box: from any stage to the same anchor, and on to the fate the filters gave it."""

from __future__ import annotations

import pytest
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.analysis.lineage import follow, source_of, steps
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

CLASSES = ("background", "a", "b", "c", "d")


@pytest.fixture(scope="module")
def trace(tiny: FasterRCNN) -> Trace:
    return Trace(tiny, make_image(200, 260))


def test_every_stage_leads_to_the_same_anchor(trace: Trace) -> None:
    detections = trace.detections
    for flat in detections.kept.tolist():
        roi, label = map(int, detections.roi_and_label(torch.tensor(flat)))
        life = follow(trace, roi, label)
        assert source_of(trace, "detection", flat) == (life.anchor, label)
        assert source_of(trace, "proposal", roi) == (life.anchor, None)
        assert source_of(trace, "candidate", life.candidate) == (life.anchor, None)
        assert source_of(trace, "anchor", life.anchor) == (life.anchor, None)
        told = steps(trace, life.anchor, label, CLASSES)
        assert [(step.kind, step.index) for step in told] == [
            ("anchor", life.anchor),
            ("candidate", life.candidate),
            ("detection", flat),
        ]
        for step, box in zip(told, (life.anchor_box, life.proposal_box, life.box), strict=True):
            assert torch.equal(step.box, box)
        assert told[-1].fate is Fate.KEPT


@pytest.mark.parametrize("fate", [Fate.SUPPRESSED, Fate.OVER_LIMIT])
def test_a_candidate_that_was_lost_goes_no_further(trace: Trace, fate: Fate) -> None:
    candidate = int((trace.proposals.fate == fate).nonzero()[0, 0])
    told = steps(trace, int(trace.proposals.anchor[candidate]), None, CLASSES)
    assert [step.kind for step in told] == ["anchor", "candidate"]
    assert told[-1].fate is fate


def test_an_anchor_under_the_top_n_was_still_moved(trace: Trace) -> None:
    inside = set(trace.proposals.anchor.tolist())
    anchor = next(a for a in range(len(trace.anchors)) if a not in inside)
    first, moved = steps(trace, anchor, None, CLASSES)
    assert first.fate is None
    assert moved.fate is Fate.BELOW_TOP_K


@pytest.mark.parametrize("kind", ["anchor", "candidate", "proposal", "detection"])
def test_there_is_no_box_beyond_the_last(trace: Trace, kind: str) -> None:
    assert source_of(trace, kind, 10**9) is None


def test_without_a_class_the_best_one_is_followed(trace: Trace) -> None:
    last = steps(trace, source_of(trace, "proposal", 0)[0], None, CLASSES)[-1]
    label = int(trace.rois.scores[0, 1:].argmax()) + 1
    assert last.words.startswith(CLASSES[label])
