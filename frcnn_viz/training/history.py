"""What a run has measured so far, as charts take it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from frcnn_viz.training.evaluation import Evaluation
from frcnn_viz.training.loop import Step


@dataclass(frozen=True)
class History:
    """Steps in order, and evaluations with the step they were made after."""

    steps: tuple[Step, ...] = ()
    evaluations: tuple[tuple[int, Evaluation], ...] = ()

    @classmethod
    def of(cls, lines: Iterable[Mapping[str, Any]]) -> History:
        """From the lines of a run's metrics; null stands for what was not finite, and odd lines are left out."""
        steps, evaluations = [], []
        for line in lines:
            with suppress(TypeError, KeyError, AttributeError, ValueError):
                if "evaluation" in line:
                    evaluations.append((line["step"], Evaluation.from_dict(_numbers(line["evaluation"]))))
                else:
                    held = _numbers(line)
                    steps.append(Step(line["step"], float(held["rate"]), held["losses"], held["gradients"]))
        return cls(tuple(steps), tuple(evaluations))


def line_of(step: Step) -> dict[str, Any]:
    """A step as a line of a run's metrics, which `History.of` reads."""
    return {"step": step.number, "losses": step.losses, "rate": step.rate, "gradients": step.gradients}


def _numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _numbers(item) for name, item in value.items()}
    return math.nan if value is None else value
