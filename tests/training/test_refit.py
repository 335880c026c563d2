from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.entry import ModelError
from frcnn_viz.models.variant import Variant
from frcnn_viz.pipeline.memory import digest
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.refit import CONTROL, FEATURES, OLD, OWN, REFITTED, Refit, Report
from tests.conftest import build_tiny_fpn, make_image

CLASSES = ("__background__", "a", "b", "c", "d")
SIZES, RATIOS = ((12.0,), (24.0,), (48.0,), (96.0,)), ((0.5, 1.0, 2.0),) * 4
LARGER = tuple(tuple(1.6 * size for size in level) for level in SIZES)
MORE = ((0.5, 1.0, 1.5, 2.0),) * 4
QUICK = Recipe(steps=3, batch=2, warm_up=0, learning_rate=1e-2)
TRUTH = GroundTruth(torch.tensor([[20.0, 30, 90, 120], [100, 20, 180, 80]]), ("a", "strange"))
NOTHING = GroundTruth(torch.zeros(0, 4), ())


def pictures(count: int) -> list[tuple[torch.Tensor, GroundTruth]]:
    return [(make_image(160, 200, seed), TRUTH) for seed in range(count)]


def refitted(variant: Variant, count: int = 4, **more: object) -> tuple[Refit, list[Report]]:
    refit = Refit(build_tiny_fpn(), CLASSES, variant, QUICK, **more)
    return refit, list(refit.run(pictures(count), count))


def phases(reports: Sequence[Report]) -> list[str]:
    return list(dict.fromkeys(report.phase for report in reports))


def test_the_rpn_alone_learns_and_the_model_is_only_read() -> None:
    model = build_tiny_fpn()
    before = {name: digest(tensor) for name, tensor in model.state_dict().items()}
    refit = Refit(model, CLASSES, Variant(anchor_sizes=LARGER, aspect_ratios=RATIOS), QUICK)
    *_, last = refit.run(pictures(4), 4)
    assert {name: digest(tensor) for name, tensor in model.state_dict().items()} == before
    assert not any(module.training for module in model.modules())
    for arm in (REFITTED, CONTROL):
        after = {name: digest(tensor) for name, tensor in refit.arms[arm].state_dict().items()}
        changed = {name for name in after if after[name] != before[name]}
        assert changed == {name for name in after if name.startswith("rpn.head")}
    assert set(last.figures) == {OWN, OLD, REFITTED, CONTROL}
    assert all(0 <= one.recall <= 1 for one in last.figures.values())


def test_own_anchors_are_the_control() -> None:
    _, reports = refitted(Variant(anchor_sizes=SIZES, aspect_ratios=RATIOS))
    figures = reports[-1].figures
    assert figures[OLD] == figures[OWN]
    assert figures[REFITTED] == figures[CONTROL]
    assert phases(reports)[0] == FEATURES


def test_old_weights_are_kept_where_their_shapes_fit() -> None:
    model = build_tiny_fpn()
    old = model.rpn.state_dict()
    for sizes, ratios, kept in ((LARGER, RATIOS, set(old)), (SIZES, MORE, {n for n in old if "conv" in n})):
        refit = Refit(model, CLASSES, Variant(anchor_sizes=sizes, aspect_ratios=ratios), QUICK)
        next(refit.run(pictures(2), 2))
        new = refit.arms[REFITTED].rpn.state_dict()
        assert {name for name in old if torch.equal(old[name], new[name])} >= kept
        assert {name for name in old if old[name].shape == new[name].shape} == kept
        assert torch.equal(new["head.cls_logits.weight"], refit.arms[OLD].rpn.state_dict()["head.cls_logits.weight"])


def test_with_another_number_of_anchors_a_cell_the_old_head_has_no_figures() -> None:
    _, reports = refitted(Variant(anchor_sizes=SIZES, aspect_ratios=MORE))
    assert set(reports[-1].figures) == {OWN, REFITTED, CONTROL}


def test_what_finds_no_room_is_counted() -> None:
    one = sum(math.prod(shape) for shape in ((16, 40, 50), (16, 20, 25), (16, 10, 13), (16, 5, 7))) * 4
    refit, reports = refitted(Variant(), count=5, most_bytes=3 * one)
    assert sum(picture.nbytes for picture in refit.pictures) <= 3 * one
    assert (reports[-1].kept, reports[-1].left_out) == (len(refit.pictures), 5 - len(refit.pictures))
    assert reports[-1].left_out > 0


def test_half_of_the_pictures_are_only_measured_on() -> None:
    refit, reports = refitted(Variant(), count=5)
    assert next(report.total for report in reports if report.phase == "measure") == 2
    assert len(refit.pictures) == 5


@pytest.mark.parametrize("given", [pictures(1), [*pictures(1), (make_image(160, 200), NOTHING)]])
def test_too_few_pictures_are_told(given: list[tuple[torch.Tensor, GroundTruth]]) -> None:
    refit = Refit(build_tiny_fpn(), CLASSES, Variant(), QUICK)
    with pytest.raises(TrainingError, match=r"needs two pictures .* and there are 1;"):
        list(refit.run(given, len(given)))


def test_anchors_of_other_levels_are_told() -> None:
    refit = Refit(build_tiny_fpn(), CLASSES, Variant(anchor_sizes=SIZES[:2], aspect_ratios=RATIOS[:2]), QUICK)
    with pytest.raises(ModelError, match="give both for each"):
        next(refit.run(pictures(2), 2))
