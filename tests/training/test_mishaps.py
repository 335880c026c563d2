"""Each mishap does what is said of it, beside a control that learns."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from functools import cache

import pytest
import torch

from frcnn_viz.data.checks import Kind
from frcnn_viz.training.evaluation import Evaluation
from frcnn_viz.training.loop import one_thread
from frcnn_viz.training.mishaps import CLASSES, KINDS, MISHAPS, Plan, held_out, sane, truths
from frcnn_viz.training.mishaps_child import Outcome, Report, refusal_of, train
from frcnn_viz.training.run import Run, build

CLEAR, FOG = KINDS


def spoilt(name: str, steps: int) -> Plan:
    plan = MISHAPS[name].spoil(sane())
    return replace(plan, recipe=replace(plan.recipe, steps=steps))


@cache
def happened(name: str, steps: int = 60, seed: int = 0) -> Report:
    with one_thread():
        *_, last = train(spoilt(name, steps), seed)
    return last


def outcome(name: str, steps: int = 60) -> Outcome:
    return happened(name, steps).outcome


def last_loss(name: str, steps: int = 60) -> float:
    return sum(step.total for step in happened(name, steps).steps[-10:]) / 10


def reached(of: Evaluation) -> float:
    """The part of the objects that a proposal does."""
    return of.recall["limit on proposals"]


def kinds(name: str, steps: int = 60) -> set[Kind]:
    return {finding.kind for finding in outcome(name, steps).findings}


def test_scenes_are_half_in_fog_and_none_is_seen_twice() -> None:
    learnt, kept = sane().samples, held_out()
    contrast = [float(image.std()) for image in kept.images]
    assert max(contrast[1::2]) < min(contrast[::2])
    assert not any((one == other).all() for one in learnt.images for other in kept.images)
    assert {name for truth in truths() for name in truth.names} == set(CLASSES)


@pytest.mark.parametrize("name", MISHAPS)
def test_spoiling_leaves_the_plan_as_it_was(name: str) -> None:
    plan = sane()
    before = copy.deepcopy(plan)
    MISHAPS[name].spoil(plan)
    assert all(map(torch.equal, plan.samples.boxes, before.samples.boxes))
    assert all(map(torch.equal, plan.samples.labels, before.samples.labels))
    assert (plan.recipe, plan.detector, plan.names) == (before.recipe, before.detector, before.names)


def test_the_control_learns_and_nothing_is_found_wrong_with_it() -> None:
    control, steps = outcome("control"), happened("control").steps
    assert control.findings == ()
    assert (control.refusal, control.broken, control.left_out, control.ruined) == ("", "", 0, 0)
    assert len(steps) == 60
    assert last_loss("control") < 0.6 * steps[0].total
    assert control.evaluations[CLEAR].ap50 > 0.7
    assert control.evaluations[FOG].ap50 > 0.4
    assert 0 < control.anchors.fitting < control.anchors.positive


def test_a_rate_too_high_ruins_all_with_losses_that_are_finite() -> None:
    steps, ruined = happened("rate", 12).steps, outcome("rate", 12)
    assert len(steps) == 12
    assert all(math.isfinite(loss) for step in steps for loss in step.losses.values())
    assert max(step.total for step in steps) > 100 * steps[0].total
    assert (ruined.broken, ruined.ruined) == ("", 0)
    assert [one.ap50 for one in ruined.evaluations.values()] == pytest.approx([0, 0], abs=0.01)
    assert ruined.findings == ()


def test_a_box_of_nan_passes_torchvision_and_takes_every_weight_with_it() -> None:
    report, plan, seed = happened("nan", seed=5), spoilt("nan", 60), 5
    ruined, count = report.outcome, len(report.steps)
    assert [drawn(step, seed) == 0 for step in range(count + 1)] == [False] * count + [True]  # until the bad picture
    assert f"is nan in step {count + 1};" in ruined.broken
    assert ruined.ruined == ruined.weights
    assert sum(len(found["boxes"]) for found in ruined.found) == 0
    assert ruined.refusal == ""
    assert {finding.image for finding in ruined.findings} == {"scene-0.png"}
    assert [finding.kind for finding in ruined.findings] == [Kind.NOT_FINITE] * len(plan.samples.boxes[0])
    each = ruined.anchors.count // 16
    assert each < ruined.anchors.positive < each + 200  # all of that picture's, and a few of the others'


def drawn(step: int, seed: int) -> int:
    """The picture that a step of the loop draws."""
    torch.manual_seed(seed * 1_000_003 + step)
    return int(torch.randint(16, (1,)))


@pytest.mark.parametrize(("right", "refused"), [(20.0, True), (19.0, True), (math.nan, False), (21.0, False)])
def test_what_torchvision_refuses(right: float, refused: bool) -> None:
    plan = sane()
    boxes = [torch.tensor([[20.0, 30.0, right, 60.0]]), *plan.samples.boxes[1:]]
    labels = [torch.tensor([1]), *plan.samples.labels[1:]]
    model = build(Run("a", plan.recipe, plan.detector))
    told = refusal_of(model, replace(plan.samples, boxes=boxes, labels=labels))
    assert ("should have positive height and width" in told) == refused


def test_labels_off_by_one_are_learnt_as_well_and_the_names_are_those_before() -> None:
    shifted, table = outcome("label"), outcome("label").confusion
    objects = table[1:, 1:]
    before = int(table.diagonal(-1)[1:].sum())  # an object of class c + 1 found as c, for c from 1
    assert before >= 0.9 * objects.sum()
    assert objects.sum() > 15
    assert int(objects.trace()) == 0
    assert table[1, 1:].sum() == 0  # the first class is background
    assert last_loss("label") < 1.2 * last_loss("control")
    assert max(one.ap50 for one in shifted.evaluations.values()) < 0.1
    assert all(reached(one) > 0.9 for one in shifted.evaluations.values())
    assert kinds("label") == {Kind.LABEL_RANGE, Kind.LABEL_OFFSET}


def test_anchors_that_fit_nothing_give_as_low_a_loss_and_find_little() -> None:
    unfit, control = outcome("anchors"), outcome("control")
    assert unfit.anchors.fitting == 0
    assert 0 < unfit.anchors.positive < unfit.anchors.count / 100
    assert last_loss("anchors") < 1.1 * last_loss("control")
    for kind in KINDS:
        assert unfit.evaluations[kind].ap50 < 0.5 * control.evaluations[kind].ap50
        assert reached(unfit.evaluations[kind]) < 0.9 * reached(control.evaluations[kind])
    assert unfit.findings == ()  # which the explanation says


def test_batch_norm_of_one_picture_is_lost_in_fog_and_its_loss_does_not_tell() -> None:
    alive, still = outcome("batch_norm"), outcome("control")
    assert last_loss("batch_norm") < last_loss("control")
    assert alive.evaluations[FOG].recall["pairing"] < 0.75 * still.evaluations[FOG].recall["pairing"]
    assert alive.evaluations[CLEAR].recall["pairing"] > 0.8 * still.evaluations[CLEAR].recall["pairing"]
    assert alive.findings == ()


def test_with_background_only_the_loss_falls_to_nothing_and_so_does_what_is_found() -> None:
    empty, steps = outcome("background", 12), happened("background", 12).steps
    assert (empty.objects, empty.anchors.positive) == (0, 0)
    assert steps[-1].total < 1e-3 < steps[0].total
    assert empty.confusion[:, 1:].sum() == 0
    assert kinds("background", 12) == {Kind.NO_OBJECTS}


def test_boxes_in_a_wrong_frame_are_refused_and_the_rest_teach_nothing() -> None:
    wrong, plan = outcome("frame", 30), spoilt("frame", 30)
    assert "should have positive height and width" in wrong.refusal
    backwards = sum(int((boxes[:, 2:] <= boxes[:, :2]).any(dim=1).sum()) for boxes in plan.samples.boxes)
    assert wrong.left_out == backwards > 0.8 * wrong.objects
    assert last_loss("frame", 30) < last_loss("control")
    assert max(one.ap50 for one in wrong.evaluations.values()) < 0.05
    assert kinds("frame", 30) == {Kind.CORNERS}
    assert "read as x, y, width and height, they do" in wrong.findings[0].sentence
