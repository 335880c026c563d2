"""The losses are torchvision's own: those of its training branch, on the same features and the same seed."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN

from frcnn_viz.pipeline.boxes import to_input
from frcnn_viz.pipeline.losses import Aim, Losses
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

OBJECTS = torch.tensor([[10.0, 20.0, 90.0, 100.0], [120.0, 40.0, 150.0, 140.0], [200.0, 150.0, 230.0, 190.0]])
CLASSES = torch.tensor([1, 4, 2])
CASES = {"three": 3, "one": 1, "none": 0}


def state_of(model: FasterRCNN) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def training_losses(model: FasterRCNN, trace: Trace, boxes: Tensor, classes: Tensor, seed: int) -> dict[str, Tensor]:
    """What torchvision's training branch gives on the trace's features, normalisation in evaluation mode."""
    model = copy.deepcopy(model).train()
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()
    targets = [{"boxes": to_input(boxes, trace.input.image_size, trace.input.input_size), "labels": classes}]
    features = dict(zip(trace.features.names, [m.clone() for m in trace.features.maps.values()], strict=True))
    torch.manual_seed(seed)
    with torch.no_grad():
        proposals, rpn = model.rpn(trace.input.images, features, targets)
        _, heads = model.roi_heads(features, proposals, trace.input.images.image_sizes, targets)
    return {**rpn, **heads}


@pytest.mark.parametrize("count", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("seed", [0, 7])
def test_losses_equal_those_of_torchvisions_training(tiny: FasterRCNN, count: int, seed: int) -> None:
    trace = Trace(tiny, make_image(200, 260), Settings.of(tiny).replace(seed=seed))
    boxes, classes = OBJECTS[:count], CLASSES[:count]
    before = state_of(tiny)
    losses = trace.losses(boxes, classes)
    assert not tiny.training
    assert all(torch.equal(value, before[name]) for name, value in state_of(tiny).items())
    expected = training_losses(tiny, trace, boxes, classes, seed)
    assert set(losses.by_name) == set(expected)
    for name, value in expected.items():
        assert torch.equal(losses.by_name[name], value), name
    assert float(losses.total) == pytest.approx(float(sum(expected.values())))


@pytest.mark.parametrize("count", CASES.values(), ids=CASES.keys())
def test_parts_add_up(tiny: FasterRCNN, count: int) -> None:
    losses = Trace(tiny, make_image(200, 260)).losses(OBJECTS[:count], CLASSES[:count])
    rpn, roi = losses.rpn, losses.roi
    for parts, whole in (
        (rpn.objectness_parts, rpn.objectness),
        (rpn.box_parts, rpn.box),
        (roi.classifier_parts, roi.classifier),
        (roi.box_parts, roi.box),
    ):
        assert float(parts.sum()) == pytest.approx(float(whole), rel=1e-5, abs=1e-7)
    assert (rpn.box_parts[rpn.labels == 0] == 0).all()
    assert (roi.box_parts[roi.labels == 0] == 0).all()


def test_the_sampled_rois_hold_the_ground_truth(tiny: FasterRCNN) -> None:
    losses = Trace(tiny, make_image(200, 260)).losses(OBJECTS, CLASSES)
    matches = losses.roi_matches
    assert torch.equal(matches.labels[-len(OBJECTS) :], CLASSES)
    assert (matches.iou[-len(OBJECTS) :] > 0.999).all()
    quarter = 512 // 4
    assert int((losses.roi.labels > 0).sum()) == min(quarter, int((matches.labels > 0).sum()))


def test_targets_decode_to_their_objects(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(200, 260))
    losses = trace.losses(OBJECTS, CLASSES)
    objects = to_input(OBJECTS, trace.input.image_size, trace.input.input_size)
    positive = losses.rpn.labels > 0
    anchors = trace.anchors.boxes[losses.rpn.anchors[positive]]
    decoded = tiny.rpn.box_coder.decode(losses.rpn.targets[positive], [anchors])[:, 0]
    wanted = objects[losses.anchor_matches.object[losses.rpn.anchors[positive]]]
    assert torch.allclose(decoded, wanted, atol=1e-3)


def test_an_aim_is_of_its_place_in_the_mini_batch(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(200, 260))
    losses = trace.losses(OBJECTS, CLASSES)
    anchors, rois = trace.anchors.boxes[losses.rpn.anchors], losses.roi.boxes
    sent = tiny.rpn.box_coder.decode(losses.rpn.deltas, [anchors])[:, 0]
    aim = Aim.of_anchor(tiny, trace.anchors, losses.rpn, 3)
    assert torch.equal(aim.box, anchors[3])
    assert torch.equal(aim.target, losses.rpn.targets[3])
    assert torch.equal(aim.delta, losses.rpn.deltas[3])
    assert torch.allclose(aim.sent, sent[3])
    sent = tiny.roi_heads.box_coder.decode(losses.roi.deltas, [rois])[:, 0]
    assert torch.allclose(Aim.of_roi(tiny, losses.roi, 5).sent, sent[5])


def test_settings_of_training_change_the_samples(tiny: FasterRCNN) -> None:
    def at(**changes: object) -> Losses:
        return Trace(tiny, make_image(200, 260), Settings.of(tiny).replace(**changes)).losses(OBJECTS, CLASSES)

    assert len(at(box_batch_size_per_image=20).roi.rois) == 20
    assert len(at(rpn_batch_size_per_image=30).rpn.anchors) == 30
    few = at(rpn_post_nms_top_n_train=10)
    assert len(few.roi_matches.boxes) == 10 + len(OBJECTS)
    assert int((at(box_positive_fraction=0.0).roi.labels > 0).sum()) == 0


@pytest.mark.parametrize("label", [0, 5, -1])
def test_a_class_the_model_does_not_know_is_refused(tiny: FasterRCNN, label: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 4"):
        Trace(tiny, make_image(200, 260)).losses(OBJECTS[:1], torch.tensor([label]))
