"""Every candidate has one fate, and every suppressed box a suppressor that explains it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchvision.models.detection import FasterRCNN
from torchvision.ops import batched_nms, box_iou

from frcnn_viz.pipeline.results import Fate, flatten_candidates
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.suppression import find_suppressors
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image


@pytest.fixture(scope="module")
def trace(tiny: FasterRCNN) -> Trace:
    """At settings under which every fate occurs."""
    changes = {"rpn_nms_thresh": 0.5, "rpn_score_thresh": 0.7, "rpn_min_size": 12.0, "rpn_post_nms_top_n": 50}
    changes |= {"box_score_thresh": 0.1, "box_detections_per_img": 10}
    return Trace(tiny, make_image(200, 260), Settings.of(tiny).replace(**changes))


def explain(boxes: Tensor, scores: Tensor, groups: Tensor, fate: Tensor, suppressor: Tensor, nms_thresh: float) -> None:
    """Assert that suppressors are kept by NMS, of the same group, no worse scored, with IoU over the threshold."""
    victims = (fate == Fate.SUPPRESSED).nonzero()[:, 0]
    by = suppressor[victims]
    assert torch.equal((suppressor >= 0).nonzero()[:, 0], victims)
    assert all(Fate(f) in (Fate.KEPT, Fate.OVER_LIMIT) for f in fate[by].tolist())
    assert torch.equal(groups[by], groups[victims])
    assert (scores[by] >= scores[victims]).all()
    assert (box_iou(boxes[by], boxes[victims]).diagonal() > nms_thresh).all()


def test_every_anchor_has_the_fate_it_earned(trace: Trace) -> None:
    proposals, anchors, s = trace.proposals, trace.anchors, trace.settings
    fate = proposals.fate
    tops = [min(s.rpn_pre_nms_top_n, count) for count in anchors.counts]
    assert len(fate) == sum(tops)
    assert len(proposals.anchor.unique()) == len(fate)
    counts = proposals.fate_counts
    assert sum(counts) == len(anchors)
    assert counts[Fate.BELOW_TOP_K] == len(anchors) - len(fate)
    assert min(counts) > 0, "the settings are meant to show every fate"
    sides = proposals.candidates[:, 2:] - proposals.candidates[:, :2]
    assert torch.equal(fate == Fate.TOO_SMALL, (sides < s.rpn_min_size).any(dim=1))
    assert torch.equal(fate == Fate.BELOW_SCORE, (fate != Fate.TOO_SMALL) & (proposals.scores < s.rpn_score_thresh))
    assert torch.equal((fate == Fate.KEPT).nonzero()[:, 0], proposals.kept.sort().values)
    assert proposals.scores[proposals.nms_kept].diff().le(0).all()


def test_proposals_suppressors(trace: Trace) -> None:
    p = trace.proposals
    assert (p.fate == Fate.SUPPRESSED).sum() > 10
    explain(p.candidates, p.scores, p.level, p.fate, p.suppressor, p.nms_thresh)


def test_every_detection_candidate_has_the_fate_it_earned(trace: Trace) -> None:
    d, s = trace.detections, trace.settings
    _, scores, labels = flatten_candidates(d.rois)
    assert len(d.fate) == len(trace.proposals) * (d.rois.num_classes - 1)
    assert torch.equal(d.fate == Fate.BELOW_SCORE, scores <= s.box_score_thresh)
    assert len(d) == s.box_detections_per_img
    assert torch.equal((d.fate == Fate.KEPT).nonzero()[:, 0], d.kept.sort().values)
    over = torch.isin(d.fate, torch.tensor([Fate.KEPT, Fate.OVER_LIMIT], dtype=torch.uint8))
    assert torch.equal(over.nonzero()[:, 0], d.nms_kept.sort().values)
    roi, label = d.roi_and_label(d.kept)
    assert torch.equal(roi, d.roi)
    assert torch.equal(label, d.labels)
    assert torch.equal(labels[d.kept], d.labels)


def test_detections_suppressors(trace: Trace) -> None:
    d = trace.detections
    boxes, scores, labels = flatten_candidates(d.rois)
    assert (d.fate == Fate.SUPPRESSED).sum() > 10
    explain(boxes, scores, labels, d.fate, d.suppressor, d.nms_thresh)


def test_the_funnel_narrows(trace: Trace) -> None:
    counts = [count for _, count in trace.funnel]
    assert counts[:5] == sorted(counts[:5], reverse=True)
    assert counts[5:] == sorted(counts[5:], reverse=True)
    assert counts[4] == len(trace.proposals)
    assert counts[-1] == len(trace.detections)


def test_no_detection_at_all(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(40, 40), Settings.of(tiny).replace(box_score_thresh=1.0))
    assert trace.detections.boxes_in_image.shape == (0, 4)
    assert (trace.detections.fate == Fate.BELOW_SCORE).all()
    assert (trace.detections.suppressor == -1).all()


def test_no_proposal_at_all(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(40, 40), Settings.of(tiny).replace(rpn_min_size=4096.0))
    assert (trace.proposals.fate == Fate.TOO_SMALL).all()
    assert len(trace.detections) == 0


def slow_nms(boxes: list, scores: list, groups: list, nms_thresh: float) -> tuple[list[int], list[int]]:
    """Kept indices, best first, and each box's suppressor: plain loops, IoU by hand."""

    def iou(a: list, b: list) -> float:
        wide = max(0, min(a[2], b[2]) - max(a[0], b[0]))
        high = max(0, min(a[3], b[3]) - max(a[1], b[1]))
        area = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
        return wide * high / (sum(area) - wide * high)

    kept, suppressor = [], [-1] * len(boxes)
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):  # stable, as torchvision's sort
        over = [k for k in kept if groups[k] == groups[i] and iou(boxes[k], boxes[i]) > nms_thresh]
        if over:
            suppressor[i] = over[0]
        else:
            kept.append(i)
    return kept, suppressor


CORNER, SIDE = st.integers(0, 12), st.integers(1, 8)
BOX = st.tuples(CORNER, CORNER, SIDE, SIDE).map(lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]])
CASE = st.lists(st.tuples(BOX, st.integers(0, 4), st.integers(0, 2)), max_size=25)


@settings(max_examples=150, deadline=None)
@given(case=CASE, nms_thresh=st.sampled_from([0.0, 0.25, 0.45, 0.7, 1.0]))
def test_against_the_slow_twin(case: list, nms_thresh: float) -> None:
    """Whole coordinates and few scores give many exact ties, of score and of IoU with the threshold."""
    boxes, scores, groups = [item[0] for item in case], [item[1] / 4 for item in case], [item[2] for item in case]
    kept, suppressor = slow_nms(boxes, scores, groups, nms_thresh)
    b, s, g = torch.tensor(boxes, dtype=torch.float32).view(-1, 4), torch.tensor(scores), torch.tensor(groups)
    fast = batched_nms(b, s, g, nms_thresh)
    suppressed = torch.ones(len(boxes), dtype=torch.bool)
    suppressed[fast] = False
    assert fast.tolist() == kept
    assert find_suppressors(b, s, g.long(), suppressed, fast, nms_thresh).tolist() == suppressor


def test_every_fate_has_its_sentence() -> None:
    assert len({fate.sentence for fate in Fate}) == len(Fate)
