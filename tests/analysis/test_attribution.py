"""Maps of why a score is what it is: true gradients, checked sums, and a check that sees through empty maps."""

from __future__ import annotations

import sys

import pytest
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.analysis.attribution import (
    COMPLETE,
    Kind,
    Target,
    gradient_times_input,
    integrated_gradients,
    number,
    value_of,
)
from frcnn_viz.analysis.deletion import CHANCES, PATCHES, STEPS, Deletion, _patches, delete
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import sample_scene
from frcnn_viz.models.registry import load_detector
from frcnn_viz.pipeline.memory import digest
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import build_tiny_c4, build_tiny_fpn, make_image

TARGETS = [
    Target(Kind.LOGIT, 3, label=2),
    Target(Kind.PROBABILITY, 3, label=2),
    Target(Kind.DELTA, 3, label=2, side=1),
    Target(Kind.OBJECTNESS, 200),
    Target(Kind.LIKELIHOOD, 200),
    Target(Kind.ANCHOR_DELTA, 200, side=3),
]


@pytest.fixture(scope="module")
def trace(tiny: FasterRCNN) -> Trace:
    return Trace(tiny, make_image(75, 110))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.kind)
def test_what_is_explained_is_the_traces_number(trace: Trace, target: Target) -> None:
    with torch.no_grad():
        (again,) = number(trace, target)(trace.input.images.tensors).tolist()
    assert again == pytest.approx(value_of(trace, target), rel=1e-4, abs=1e-5)
    assert gradient_times_input(trace, target).value == value_of(trace, target)


@pytest.mark.parametrize("build", [build_tiny_fpn, build_tiny_c4])
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.kind)
def test_the_gradient_is_that_of_finite_differences(build: object, target: Target) -> None:
    trace = Trace(build().double(), make_image(75, 110).double())
    found = gradient_times_input(trace, target)
    assert found.map.shape == trace.input.input_size
    function, pixels = number(trace, target), trace.input.images.tensors
    for place in found.map.abs().flatten().topk(3).indices.tolist():
        row, column = divmod(place, found.map.shape[1])
        part = torch.zeros_like(pixels)
        part[0, :, row, column] = 1e-5 * pixels[0, :, row, column]
        with torch.no_grad():
            slope = float(function(pixels + part) - function(pixels - part)) / 2e-5
        assert float(found.map[row, column]) == pytest.approx(slope, rel=1e-3)


@pytest.mark.parametrize(("build", "target"), [(build_tiny_fpn, TARGETS[3]), (build_tiny_c4, TARGETS[0])])
def test_integrated_gradients_add_up(build: object, target: Target) -> None:
    trace = Trace(build(), make_image(75, 110))
    found = integrated_gradients(trace, target)
    function, pixels = number(trace, target), trace.input.images.tensors
    with torch.no_grad():
        change = float(function(pixels) - function(torch.zeros_like(pixels)))
    assert found.change == pytest.approx(change, rel=1e-4, abs=1e-6)
    assert found.complete
    assert abs(float(found.map.sum()) - change) <= 1.01 * COMPLETE * abs(change)
    assert found.steps <= 100


def test_a_sum_that_is_not_reached_is_told(trace: Trace) -> None:
    found = integrated_gradients(trace, TARGETS[0], most_steps=4)
    assert found.edges == (0.0, 1.0)
    assert found.steps == 4
    assert not found.complete
    assert found.missing > COMPLETE


def test_the_model_is_as_it_was() -> None:
    model = build_tiny_fpn().requires_grad_(True)
    trace = Trace(model, make_image(75, 110))
    before = [digest(tensor) for tensor in model.state_dict().values()]
    attributes = set(vars(model.roi_heads.box_roi_pool))
    for target in TARGETS:
        delete(trace, gradient_times_input(trace, target))
    integrated_gradients(trace, TARGETS[0], most_steps=2)
    assert [digest(tensor) for tensor in model.state_dict().values()] == before
    assert all(one.grad is None and one.requires_grad for one in model.parameters())
    assert not model.training
    assert set(vars(model.roi_heads.box_roi_pool)) == attributes
    assert not trace.input.images.tensors.requires_grad


def test_what_raised_and_lowered_it_is_the_maps_sum(trace: Trace) -> None:
    found = gradient_times_input(trace, TARGETS[0])
    assert found.raised > 0 > found.lowered
    assert found.raised + found.lowered == pytest.approx(float(found.map.double().sum()), abs=1e-9)
    assert found.missing is None
    assert not found.complete


def test_without_captum_one_sentence_says_so(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(ValueError, match=r"Integrated gradients need Captum.*pip install"):
        integrated_gradients(trace, TARGETS[0])


def test_no_such_box(trace: Trace) -> None:
    with pytest.raises(IndexError):
        gradient_times_input(trace, Target(Kind.LOGIT, 10**6))


def test_patches_part_the_surroundings() -> None:
    patches = _patches([20.0, 30.0, 60.0, 90.0], (200, 150))  # 40 x 60, so 60 x 90 round (40, 60): y 15 to 105
    rows, columns = patches.nonzero().unbind(dim=1)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (15, 104, 10, 69)
    assert patches[15, 10] == 1
    assert patches[104, 69] == PATCHES**2
    assert torch.bincount(patches.flatten())[1:].sum() == 60 * 90


def test_its_ends_are_all_and_nothing(trace: Trace) -> None:
    target = TARGETS[0]
    checked = delete(trace, gradient_times_input(trace, target))
    assert checked.kind is Kind.PROBABILITY
    assert checked.curve.shape == (STEPS + 1,)
    assert checked.chance.shape == (CHANCES, STEPS + 1)
    assert checked.curve[0] == pytest.approx(value_of(trace, TARGETS[1]), rel=1e-4)
    assert torch.allclose(checked.chance[:, 0], checked.curve[0])
    assert torch.allclose(checked.chance[:, -1], checked.curve[-1], atol=1e-6)


@pytest.mark.parametrize(
    ("curve", "chance", "says"),
    [
        ([1.0, 0.2, 0.0], [1.0, 0.9, 0.0], "holds what it says"),
        ([1.0, 0.9, 0.0], [1.0, 0.2, 0.0], "gain is -35%"),  # areas 0.7 and 0.35 of a fall of 1
        ([1.0, 0.6, 0.6], [1.0, 0.9, 0.6], "only goes from 1 to 0.6"),
        ([0.1, 0.8, 0.9], [0.1, 0.2, 0.9], "holds what it says"),  # a number that pixels held down
    ],
)
def test_the_verdict(curve: list[float], chance: list[float], says: str) -> None:
    checked = Deletion(Kind.PROBABILITY, torch.tensor([0.0, 0.5, 1.0]), torch.tensor(curve), torch.tensor([chance] * 2))
    assert says in checked.verdict
    assert checked.convincing == ("holds" in says)


def test_one_lucky_order_at_random_is_told() -> None:
    curve, chance = torch.tensor([1.0, 0.5, 0.0]), torch.tensor([[1.0, 0.4, 0.0], [1.0, 1.0, 0.0]])
    checked = Deletion(Kind.PROBABILITY, torch.tensor([0.0, 0.5, 1.0]), curve, chance)
    assert checked.gain == pytest.approx(0.1)  # of areas 0.45 and 0.75, and 0.5 for the map
    assert not checked.convincing
    assert "1 of 2 such orders" in checked.verdict


@pytest.mark.parametrize("random_weights", [False, True])
def test_random_weights_do_not_convince(random_weights: bool) -> None:
    detector = load_detector("street-c4", "cpu", random_weights=random_weights)
    trace = Trace(detector.model, from_pil(sample_scene("night").image, "night").tensor)
    proposal = int(trace.rois.scores[:, 1:].amax(dim=1).argmax())
    label = int(trace.rois.scores[proposal, 1:].argmax()) + 1
    anchor = int(trace.rpn.objectness.argmax())
    for target in (Target(Kind.LOGIT, proposal, label), Target(Kind.OBJECTNESS, anchor)):
        checked = delete(trace, gradient_times_input(trace, target))
        assert checked.convincing is not random_weights, checked.verdict
        assert checked.depends_on_it is not random_weights
