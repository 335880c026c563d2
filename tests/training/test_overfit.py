from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from frcnn_viz.data.samples import sample_picture
from frcnn_viz.models.variant import Variant
from frcnn_viz.pipeline.memory import digest
from frcnn_viz.training.kept import detect, head_losses, heads_of, keep
from frcnn_viz.training.overfit import CHECK_EVERY, RECIPE, STABLE, Overfit, judge_objects
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.run import Run, build
from tests.conftest import build_tiny_c4, build_tiny_fpn, make_image

IMAGE, LABELS = make_image(160, 200), torch.tensor([1, 3])
BOXES = torch.tensor([[20.0, 30, 90, 120], [100, 20, 180, 80]])
QUICK = {"rpn_post_nms_top_n_train": 40, "rpn_pre_nms_top_n_train": 100, "box_batch_size_per_image": 32}


def weights(model: FasterRCNN) -> dict[str, str]:
    return {name: digest(tensor) for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("build_tiny", [build_tiny_fpn, build_tiny_c4])
def test_kept_features_give_what_the_model_gives(build_tiny: object) -> None:
    model = build_tiny(**QUICK)
    kept, heads = keep(model, IMAGE, BOXES, LABELS), heads_of(model)
    with torch.inference_mode():
        (expected,) = model([IMAGE])
    found = detect(heads, kept)
    assert len(expected["boxes"]) > 5
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in found)


def test_losses_of_the_heads_are_the_models() -> None:
    model = build_tiny_fpn(**QUICK)
    kept, heads = keep(model, IMAGE, BOXES, LABELS), heads_of(model).train()
    torch.manual_seed(3)
    ours = head_losses(heads, kept)
    model.train()
    model.transform.training = False  # there it would draw a size
    torch.manual_seed(3)
    theirs = model([IMAGE], [{"boxes": BOXES, "labels": LABELS}])
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_model_is_only_read() -> None:
    model = build_tiny_fpn(**QUICK)
    before = weights(model)
    training = Overfit(model, IMAGE, BOXES, LABELS, Recipe(3, batch=1, warm_up=0))
    reports = list(training.run())
    assert [report.step for report in reports] == [0, 3]
    assert weights(model) == before
    assert not any(module.training for module in model.modules())
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert weights(training.heads)["rpn.head.cls_logits.weight"] != before["rpn.head.cls_logits.weight"]


def test_looking_changes_nothing() -> None:
    model, recipe = build_tiny_fpn(**QUICK), Recipe(CHECK_EVERY + 1, batch=1, warm_up=0)
    watched, alone = (Overfit(model, IMAGE, BOXES, LABELS, recipe) for _ in range(2))
    list(watched.run())
    for _ in range(recipe.steps):
        alone.loop.advance()
    assert weights(watched.heads) == weights(alone.heads)


def test_one_object_of_a_new_class_is_learnt() -> None:
    image, truth = sample_picture("first-street")
    model = build(Run("one", RECIPE, Variant(classes=("lorry",)), parts="heads")).eval()
    model.transform.min_size = (96,)
    reports = list(Overfit(model, image.pixels, truth.boxes_in_image[:1], torch.tensor([1])).run())
    assert not reports[0].check.found.any()
    assert reports[-1].learnt
    assert reports[-1].step <= 150
    assert [report.check.good for report in reports[-STABLE:]] == [True] * STABLE
    assert [step.number for report in reports for step in report.steps] == list(range(1, reports[-1].step + 1))


def test_one_can_stop_and_look_at_the_steps_so_far() -> None:
    training = Overfit(build_tiny_fpn(**QUICK), IMAGE, BOXES, LABELS)
    for report in training.run():
        if report.step:
            break
    assert training.loop.step == CHECK_EVERY
    assert not report.learnt


def test_the_bound_on_seconds() -> None:
    reports = list(Overfit(build_tiny_fpn(**QUICK), IMAGE, BOXES, LABELS).run(seconds=0))
    assert [report.step for report in reports] == [0]


def detections(*rows: tuple[list[float], int, float]) -> dict[str, Tensor]:
    boxes, labels, scores = zip(*rows, strict=True)
    return {"boxes": torch.tensor(boxes), "labels": torch.tensor(labels), "scores": torch.tensor(scores)}


OBJECT, NEAR, FAR = [0.0, 0, 100, 100], [0.0, 0, 100, 95], [0.0, 0, 100, 85]


@pytest.mark.parametrize(
    ("rows", "found", "alarms"),
    [
        ([(NEAR, 1, 0.95)], True, 0),
        ([(NEAR, 1, 0.89)], False, 0),  # the score is too low
        ([(FAR, 1, 0.95)], False, 0),  # the overlap is
        ([(NEAR, 2, 0.95)], False, 1),  # another class
        ([(NEAR, 1, 0.95), ([200.0, 0, 300, 100], 1, 0.6)], True, 1),
        ([(NEAR, 1, 0.95), ([200.0, 0, 300, 100], 1, 0.4)], True, 0),  # quiet enough
        ([(NEAR, 1, 0.95), (FAR, 1, 0.6)], True, 1),  # twice
    ],
)
def test_what_counts_as_found(rows: list[tuple[list[float], int, float]], found: bool, alarms: int) -> None:
    check = judge_objects(detections(*rows), torch.tensor([OBJECT]), torch.tensor([1]))
    assert check.found.tolist() == [found]
    assert int(check.false_alarms.sum()) == alarms
    assert check.good == (found and not alarms)


@pytest.mark.parametrize(
    ("boxes", "labels", "told"),
    [
        ([], [], "there is no box to learn"),
        ([OBJECT, [5.0, 5, 5, 9]], [1, 1], r"box 2 has no area \(5, 5, 5, 9\)"),
        ([[0.0, 0, math.inf, 9]], [1], "box 1 has no area"),
        ([OBJECT], [5], "box 1 has the label 5; it must lie between 1 and 4"),
        ([OBJECT], [0], "box 1 has the label 0"),
    ],
)
def test_boxes_that_cannot_be_learnt_are_told(boxes: list[list[float]], labels: list[int], told: str) -> None:
    with pytest.raises(TrainingError, match=told):
        Overfit(build_tiny_fpn(**QUICK), IMAGE, torch.tensor(boxes).reshape(-1, 4), torch.tensor(labels))
