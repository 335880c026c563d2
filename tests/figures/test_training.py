from __future__ import annotations

import pytest

from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.figures.training import (
    LOSSES,
    gradient_figure,
    loss_figure,
    quality_figure,
    rate_figure,
    stage_recall_figure,
)
from frcnn_viz.training.evaluation import Evaluation
from frcnn_viz.training.loop import PARTS, Step


def step(number: int, loss: float) -> Step:
    return Step(number, 1e-3 * number, dict.fromkeys(LOSSES, loss), {"backbone": 0.0, "rpn": 2.0, "roi_heads": 3.0})


def evaluation(ap: float) -> Evaluation:
    recall = dict.fromkeys(STAGES, ap)
    return Evaluation(dict.fromkeys(LOSSES, 0.25), ap, 2 * ap, {"cat": ap}, recall, 5, 2, 3)


STEPS = [step(n, 1 / n) for n in (1, 2, 3)]
EVALUATIONS = [(0, evaluation(0.1)), (3, evaluation(0.4))]


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_shown_of_both_sets(name: str) -> None:
    figure = loss_figure(STEPS, EVALUATIONS, name, mark=3)
    traces = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data}
    assert traces["each batch"] == ([1, 2, 3], [1, 1 / 2, 1 / 3])
    assert traces["validation"] == ([0, 3], [0.25, 0.25])
    assert figure.layout.shapes[0].x0 == 3


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
