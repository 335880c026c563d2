from __future__ import annotations

import json
import math
from dataclasses import asdict

from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.training.evaluation import Evaluation
from frcnn_viz.training.history import History

EVALUATION = Evaluation({"loss_classifier": 0.5}, 0.25, 0.5, {"cat": 0.25}, dict.fromkeys(STAGES, 0.75), 4, 2, 3)
STEP = {"step": 1, "rate": 0.001, "losses": {"loss_classifier": 2.0}, "gradients": {"rpn": 1.5}, "seconds": 0.1}


def test_lines_come_back_as_steps_and_evaluations() -> None:
    lines = [{"step": 0, "evaluation": asdict(EVALUATION)}, STEP]
    found = History.of(json.loads(json.dumps(lines)))
    assert found.evaluations == ((0, EVALUATION),)
    (step,) = found.steps
    assert (step.number, step.rate, step.losses, step.gradients) == (1, 0.001, STEP["losses"], STEP["gradients"])


def test_what_was_not_finite_is_no_number_and_odd_lines_are_left_out() -> None:
    lines = [{**STEP, "losses": {"loss_classifier": None}}, {"step": 2}, {"step": 3, "evaluation": {"ap": 1}}, STEP]
    found = History.of(lines)
    assert math.isnan(found.steps[0].losses["loss_classifier"])
    assert len(found.steps) == 2
    assert not found.evaluations
