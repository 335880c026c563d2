from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from frcnn_viz.models.street import street_c4
from frcnn_viz.training import rates
from frcnn_viz.training.moved import moved
from frcnn_viz.training.rates import HIGHEST, LEAP, LOWEST, Rising, rate_range, rate_range_of, running_mean, suggest
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.run import Run
from frcnn_viz.training.samples import draw_batch
from tests.training.test_loop import CPU, one_sample

RECIPE = Recipe(500, batch=1, warm_up=30)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_a_running_mean_lies_among_its_values(values: list[float]) -> None:
    means = running_mean(values)
    assert len(means) == len(values)
    assert means[0] == pytest.approx(values[0])
    assert all(min(values) - 1e-9 <= mean <= max(values) + 1e-9 for mean in means)


def test_the_running_mean_by_hand() -> None:
    assert running_mean([1.0, 2.0]) == pytest.approx([1.0, (0.9 * 0.1 * 1 + 0.1 * 2) / (0.9 * 0.1 + 0.1)])


def small() -> torch.nn.Module:
    torch.manual_seed(0)
    model = street_c4()
    model.transform.min_size = (96,)
    return model


def test_the_rate_rises_by_the_same_factor_each_step() -> None:
    recipe = Rising(7)
    steps = [recipe.rate(step) for step in range(7)]
    assert (steps[0], steps[-1]) == (LOWEST, pytest.approx(HIGHEST))
    assert [b / a for a, b in pairwise(steps)] == pytest.approx([10.0] * 6)


def test_a_tenth_of_the_rate_where_the_loss_is_least() -> None:
    assert suggest([1e-4, 1e-3, 1e-2, 1e-1], [3.0, 2.0, 1.0, 9.0]) == pytest.approx(1e-3)


def test_it_stops_where_the_loss_leaps() -> None:
    model, called = small(), []

    def losses() -> dict[str, torch.Tensor]:
        called.append(1)
        value = 1.0 if len(called) < 5 else 100.0
        return {"loss": next(model.parameters()).sum() * 0 + value}

    *_, found = rate_range(model, RECIPE, losses, steps=20)
    assert found.leapt
    assert len(found.rates) == len(found.losses) == 5  # the mean of 1, 1, 1, 1, 100 is over 4
    assert found.means[-1] > LEAP * min(found.means)
    assert found.suggested == pytest.approx(found.rates[0] / 10)


def test_a_loss_that_is_no_number_ends_it_and_one_at_once_is_told() -> None:
    model, called = small(), []

    def losses() -> dict[str, torch.Tensor]:
        called.append(1)
        return {"loss": next(model.parameters()).sum() * 0 + (1.0 if len(called) < 3 else math.nan)}

    *_, found = rate_range(model, RECIPE, losses, steps=20)
    assert len(found.losses) == 2
    with pytest.raises(TrainingError, match="is nan"):
        next(rate_range(model, RECIPE, losses, steps=20))


def test_only_what_learns_moves_and_what_moves_is_told() -> None:
    model, samples = small(), one_sample()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    losses = lambda: model(*draw_batch(samples, RECIPE, CPU))  # noqa: E731
    found = list(rate_range(model, RECIPE, losses, 3, lambda n: n.startswith("rpn."), 4))
    assert [one.rates[-1] for one in found] == list(found[-1].rates)
    assert len(found) == 4
    rows = {row.name: row for row in moved(before, model.state_dict())}
    assert set(rows) == {name for name, _ in model.named_parameters()}
    assert {row.part for row in rows.values() if row.change} == {"rpn"}
    assert all(row.change == 0 for row in rows.values() if row.part != "rpn")
    assert rows["rpn.head.conv.0.0.weight"].layer == "head.conv.0.0"
    assert rows["rpn.head.conv.0.0.bias"].change == 1  # it began with zeros


def test_how_far_is_by_hand() -> None:
    before = {"rpn.a.weight": torch.tensor([3.0, 4.0]), "rpn.a.running_mean": torch.zeros(1), "gone": torch.ones(1)}
    after = {"rpn.a.weight": torch.tensor([3.0, 5.0]), "rpn.a.running_mean": torch.ones(1)}
    (row,) = moved(before, after)
    assert row.change == pytest.approx(1 / 5)
    with pytest.raises(ValueError, match="compare states of one run"):
        moved(before, {"rpn.a.weight": torch.ones(3)})


def test_on_the_data_of_a_run(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path))
    run = Run.from_dict(
        {
            "name": "a",
            "recipe": RECIPE.to_dict(),
            "detector": {"base": "street-c4", "min_size": 64},
            "data": "scenes:3",
            "validation": 0.0,
            "device": "cpu",
        }
    )
    *_, found = rate_range_of(run, steps=3)
    assert found.rates == pytest.approx((LOWEST, math.sqrt(LOWEST * HIGHEST), HIGHEST))
    assert rates.UNDER * found.suggested in found.rates
