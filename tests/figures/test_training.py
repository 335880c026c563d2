from __future__ import annotations

import pytest

from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.figures.training import (
    LOSSES,
    gradient_figure,
    loss_figure,
    moved_figure,
    quality_figure,
    rate_figure,
    rate_range_figure,
    stage_recall_figure,
)
from frcnn_viz.training.evaluation import Evaluation
from frcnn_viz.training.loop import PARTS, Step
from frcnn_viz.training.moved import Moved
from frcnn_viz.training.rates import RateRange


def step(number: int, loss: float) -> Step:
    return Step(number, 1e-3 * number, dict.fromkeys(LOSSES, loss), {"backbone": 0.0, "rpn": 2.0, "roi_heads": 3.0})


def evaluation(ap: float) -> Evaluation:
    recall = dict.fromkeys(STAGES, ap)
    return Evaluation(dict.fromkeys(LOSSES, 0.25), ap, 2 * ap, {"cat": ap}, recall, 5, 2, 3)


STEPS = [step(n, 1 / n) for n in (1, 2, 3)]
EVALUATIONS = [(0, evaluation(0.1)), (3, evaluation(0.4))]


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_shown_of_both_sets(name: str) -> None:
    figure = loss_figure(STEPS, EVALUATIONS, name)
    traces = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data}
    assert traces["each batch"] == ([1, 2, 3], [1, 1 / 2, 1 / 3])
    assert traces["validation"] == ([0, 3], [0.25, 0.25])


def test_precision_and_recall_over_the_steps() -> None:
    quality = {trace.name: list(trace.y) for trace in quality_figure(EVALUATIONS).data}
    assert quality == {"AP": [0.1, 0.4], "AP50": [0.2, 0.8]}
    (heat,) = stage_recall_figure(EVALUATIONS).data
    assert list(heat.y) == list(STAGES)
    assert [list(row) for row in heat.z] == [[0.1, 0.4]] * len(STAGES)


def test_a_part_that_learns_nothing_has_no_curve() -> None:
    assert [trace.name for trace in gradient_figure(STEPS).data] == list(PARTS[1:])
    assert list(rate_figure(STEPS).data[0].y) == [1e-3, 2e-3, 3e-3]


def test_nothing_done_yet_is_an_empty_chart() -> None:
    assert not loss_figure([], [], LOSSES[0]).data[0].y
    assert not quality_figure([]).data[0].y
    assert stage_recall_figure([]).data


def test_the_rate_that_is_suggested_is_marked() -> None:
    found = RateRange.of([Step(n, 10.0**-n, {"loss": float(n)}, {}) for n in (3, 2, 1)])
    figure = rate_range_figure(found)
    assert list(figure.data[0].x) == [1e-3, 1e-2, 1e-1]
    assert list(figure.data[0].y) == [3.0, 2.0, 1.0]
    assert figure.layout.shapes[0].x0 == pytest.approx(found.suggested)


def test_a_parameter_stands_in_the_networks_order_with_its_part() -> None:
    rows = [Moved("backbone.a", "backbone", "a", 0.0), Moved("rpn.b", "rpn", "b", 0.5)]
    backbone, rpn, _ = moved_figure(rows).data
    assert (list(backbone.x), list(backbone.text)) == ([0], ["backbone.a"])
    assert (list(rpn.x), list(rpn.y)) == ([1], [0.5])
    assert backbone.y[0] > 0  # on a logarithmic axis
