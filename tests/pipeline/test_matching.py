"""Matching and sampling equal torchvision's; the reasons by hand."""

from __future__ import annotations

import pytest
import torch
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler
from torchvision.ops import box_iou

from frcnn_viz.pipeline.boxes import are_inside, to_input
from frcnn_viz.pipeline.matching import MatchReason, match_anchors, sample_anchors
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

OBJECT = torch.tensor([[10.0, 20.0, 90.0, 100.0]])

OBJECTS = torch.tensor([[10.0, 20.0, 90.0, 100.0], [120.0, 40.0, 150.0, 140.0], [200.0, 150.0, 204.0, 153.0]])


@pytest.mark.parametrize("objects", [OBJECTS[:0], OBJECTS, OBJECTS[2:]], ids=["none", "three", "tiny"])
@pytest.mark.parametrize(("fg", "bg"), [(0.7, 0.3), (0.4, 0.4)])
def test_labels_and_sample_equal_torchvision(tiny: FasterRCNN, objects: torch.Tensor, fg: float, bg: float) -> None:
    changes = {"rpn_fg_iou_thresh": fg, "rpn_bg_iou_thresh": bg, "rpn_batch_size_per_image": 20, "seed": 5}
    trace = Trace(tiny, make_image(200, 260), Settings.of(tiny).replace(**changes))
    matches = trace.match(objects)
    boxes = to_input(objects, (200, 260), trace.input.input_size)
    own = tiny.rpn.proposal_matcher
    reference = type(tiny.rpn).__new__(type(tiny.rpn))
    reference.__dict__.update(tiny.rpn.__dict__)
    reference.proposal_matcher = type(own)(fg, bg, allow_low_quality_matches=True)
    (labels,), _ = reference.assign_targets_to_anchors([trace.anchors.boxes], [{"boxes": boxes}])
    assert torch.equal(matches.labels, labels)
    state = torch.get_rng_state()
    sample = trace.sample(matches)
    assert torch.equal(torch.get_rng_state(), state)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        (positive,), (negative,) = BalancedPositiveNegativeSampler(20, 0.5)([labels])
    assert torch.equal(sample.positive, positive.nonzero()[:, 0])
    assert torch.equal(sample.negative, negative.nonzero()[:, 0])
    assert (matches.labels[sample.positive] == 1).all()
    assert len(sample.positive) + len(sample.negative) == 20
    assert int(matches.positives_of_object.sum()) == int((labels == 1).sum())


def test_reasons_by_hand() -> None:
    """Object 0 is 10 x 10. IoU: the same box 1; half of it 50 / 100; a far box 0.

    Object 1 is 10 x 10 and meets only anchor 3, 10 x 10 moved by 6: 40 / 160 = 0.25, under both thresholds,
    but no anchor overlaps that object more.
    """
    anchors = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 5], [90, 90, 99, 99], [46, 40, 56, 50]])
    objects = torch.tensor([[0.0, 0, 10, 10], [40, 40, 50, 50]])
    matches = match_anchors(anchors, objects, fg_iou_thresh=0.7, bg_iou_thresh=0.3)
    reasons = [MatchReason(r) for r in matches.reason.tolist()]
    assert reasons == [
        MatchReason.POSITIVE,
        MatchReason.IGNORED,
        MatchReason.NEGATIVE,
        MatchReason.POSITIVE_BEST_MATCH,
    ]
    assert matches.labels.tolist() == [1, -1, 0, 1]
    assert matches.iou.tolist() == [1, 0.5, 0, 0.25]
    assert matches.object[[0, 1, 3]].tolist() == [0, 0, 1]
    assert matches.best_iou_of_object.tolist() == [1, 0.25]
    assert matches.positives_of_object.tolist() == [1, 1]
    assert len({reason.sentence for reason in MatchReason}) == len(MatchReason)


def test_no_objects() -> None:
    matches = match_anchors(torch.rand(5, 4), torch.zeros(0, 4), fg_iou_thresh=0.7, bg_iou_thresh=0.3)
    assert matches.labels.tolist() == [0] * 5
    assert matches.object.tolist() == [-1] * 5
    sample = sample_anchors(matches, batch_size_per_image=4, positive_fraction=0.5, seed=0)
    assert (len(sample.positive), len(sample.negative)) == (0, 4)


@pytest.mark.parametrize("box", [[5.0, 5, 5, 9], [5.0, 5, 9, 4]])
def test_an_object_without_area_is_refused(box: list[float]) -> None:
    with pytest.raises(
        ValueError, match=r"ground-truth box 1 is \[5\.0, 5\.0, .*; its width and height must be positive"
    ):
        match_anchors(torch.rand(5, 4), torch.tensor([[0.0, 0, 1, 1], box]), fg_iou_thresh=0.7, bg_iou_thresh=0.3)


@pytest.mark.parametrize("pairs", [100, 997, 20_000])
def test_chunks_change_nothing(tiny: FasterRCNN, monkeypatch: pytest.MonkeyPatch, pairs: int) -> None:
    trace = Trace(tiny, make_image(200, 260))
    boxes = torch.tensor([[10.0, 20.0, 90.0, 100.0], [120.0, 40.0, 150.0, 140.0], [3.0, 3.0, 6.0, 5.0]])
    whole = trace.match(boxes)
    monkeypatch.setattr("frcnn_viz.pipeline.matching.MAX_PAIRS", pairs)
    chunked = trace.match(boxes)
    for name in ("labels", "reason", "iou", "object", "best_iou_of_object", "positives_of_object"):
        assert torch.equal(getattr(whole, name), getattr(chunked, name)), name


def test_where_every_anchor_crosses_the_border_none_matches(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(200, 260))
    none = torch.zeros(len(trace.anchors), dtype=torch.bool)
    matches = match_anchors(trace.anchors.boxes, OBJECT, fg_iou_thresh=0.7, bg_iou_thresh=0.3, among=none)
    assert (matches.reason == MatchReason.OUTSIDE).all()
    assert matches.best_iou_of_object.tolist() == [0]
    assert matches.positives_of_object.tolist() == [0]


def test_anchors_that_cross_the_border_take_no_part_when_asked(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(200, 260))
    boxes = torch.tensor([[10.0, 20.0, 90.0, 100.0], [120.0, 40.0, 150.0, 140.0]])
    inside = are_inside(trace.anchors.boxes, trace.input.input_size)
    matches = trace.match(boxes, inside_only=True)
    assert (matches.reason[~inside] == MatchReason.OUTSIDE).all()
    assert (matches.labels[~inside] == -1).all()
    quality = box_iou(to_input(boxes, (200, 260), trace.input.input_size), trace.anchors.boxes[inside])
    assert torch.equal(matches.best_iou_of_object, quality.max(dim=1).values)
    assert torch.equal(matches.iou[inside], quality.max(dim=0).values)
    assert int((matches.labels == 1).sum()) == int(matches.positives_of_object.sum()) > 0


def test_objects_matched_alone_keep_their_numbers_among_all(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(200, 260))
    some = trace.match(OBJECTS[[0, 2]])
    among = some.numbered(torch.tensor([1, 4]), 6)
    assert torch.equal(among.labels, some.labels)
    assert torch.equal(among.object, torch.tensor([1, 4])[some.object])
    assert among.best_iou_of_object.tolist() == [0, some.best_iou_of_object[0], 0, 0, some.best_iou_of_object[1], 0]
    assert among.positives_of_object.sum() == some.positives_of_object.sum()
    none = trace.match(OBJECTS[:0]).numbered(torch.zeros(0, dtype=torch.int64), 2)
    assert none.object.unique().tolist() == [-1]
    assert none.best_iou_of_object.tolist() == [0, 0]
