"""An experiment: a dot for each seed of each arm, and its figures as text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.statistics import BANDS
from frcnn_viz.figures.palette import BLUE, GREY, ORANGE
from frcnn_viz.training.experiment import Experiment
from frcnn_viz.training.results import Record, Row
from frcnn_viz.words import word, words

OWN = "of the detector"
LEAST_REACH = 0.025
"""Of the axis above and below the middle, so that a hundredth of AP never looks like much."""


def seeds_figure(row: Row, arms: Sequence[str], seeds: Sequence[int], title: str) -> go.Figure:
    """One figure of both arms, a dot for each seed; a line joins what one seed came to, a dash is the mean.

    Args:
        row: of the figure.
        arms: their names.
        seeds: in the order of the row's values.
        title: what the figure is called.
    """
    figure = go.Figure()
    for place, seed in enumerate(seeds):
        values = [arm[place] for arm in row.arms]
        figure.add_scatter(
            x=list(range(len(arms))),
            y=values,
            mode="lines+markers",
            line={"color": GREY, "width": 1},
            marker={"color": [BLUE, ORANGE], "size": 11},
            name=f"seed {seed}",
            hovertemplate=f"seed {seed}: %{{y:.4f}}<extra></extra>",
        )
    for place, values in enumerate(row.arms):
        mean = sum(values) / len(values)
        figure.add_scatter(
            x=[place - 0.12, place + 0.12],
            y=[mean, mean],
            mode="lines",
            line={"color": (BLUE, ORANGE)[place], "width": 3},
            name=word("experiment.mean").term,
            hovertemplate=f"mean {mean:.4f}<extra></extra>",
        )
    values = [value for arm in row.arms for value in arm]
    middle, reach = (max(values) + min(values)) / 2, max(LEAST_REACH, 0.6 * (max(values) - min(values)))
    figure.update_layout(title=title, showlegend=False, yaxis_range=[middle - reach, middle + reach])
    figure.update_xaxes(tickvals=list(range(len(arms))), ticktext=list(arms), range=[-0.5, len(arms) - 0.5])
    return figure


def cells(row: Row, kind: str) -> tuple[str, str, str, str]:
    """A figure as a row of a table: its name, both arms with their spread, and the difference with its interval."""
    digits = 0 if kind == "seconds" else 3
    told = ""
    if row.verdict:
        one = row.verdict
        middle, low, high = (
            f"{round(value, digits) + 0.0:+.{digits}f}" for value in (one.difference, one.low, one.high)
        )
        told = f"{middle} ({low} to {high})"
    return name_of(row.name, kind), *(_spread(values, digits) for values in row.arms), told


def name_of(name: str, kind: str) -> str:
    """What a figure is called."""
    if kind == "figures":
        return word(f"metric.{name}").term
    return word("experiment.seconds").term if kind == "seconds" else name


def arms_text(experiment: Experiment) -> str:
    """What each arm has of its own, in one line."""
    runs = [experiment.run_of(arm, experiment.seeds[0]) for arm in experiment.arms]
    first, second = ({**vars(run.detector), **vars(run.recipe), "parts": run.parts} for run in runs)
    differ = [name for name in first if first[name] != second[name]]
    told = (
        f"{arm.name}: " + "; ".join(f"{_called(name)} {_value(values[name])}" for name in differ)
        for arm, values in zip(experiment.arms, (first, second), strict=True)
    )
    return ". ".join(told) + "."


def disagreement_rows(record: Record) -> list[dict[str, object]]:
    """The objects that one arm alone finds, as rows of a table."""
    arms, seeds = record.experiment.arms, len(record.seeds)
    return [
        {
            word("experiment.class").term: one.target.item.label,
            word("experiment.band").term: band_of(one.target.item),
            **{arm.name: f"{count} of {seeds}" for arm, count in zip(arms, one.arms, strict=True)},
            word("experiment.picture").term: one.target.picture,
        }
        for one in record.disagreements()
    ]


def band_of(item: Object) -> str:
    """Small, medium or large, as COCO has it in pixels of the picture."""
    x1, y1, x2, y2 = item.box
    side = math.sqrt((x2 - x1) * (y2 - y1))
    return next(name for name, (low, high) in BANDS.items() if low <= side < high)


def _spread(values: Sequence[float], digits: int) -> str:
    """Mean and standard deviation."""
    if not values or not all(map(math.isfinite, values)):
        return "none"
    mean = sum(values) / len(values)
    if len(values) < 2:
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} ± {math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1)):.{digits}f}"


def _called(name: str) -> str:
    """What a setting or a part of the recipe is called."""
    known = words().get(name) or words().get(f"learn.{name}")
    return known.term.lower() if known else name.replace("_", " ")


def _value(value: object) -> str:
    """A setting in a line; what is empty is as the detector has it."""
    if isinstance(value, tuple):
        levels = [" ".join(f"{one:g}" for one in level) for level in value]
        alike = len(levels) > 1 and len(set(levels)) == 1
        return f"{levels[0]} on each map" if alike else " | ".join(levels) or OWN
    if isinstance(value, bool | str):
        return str(value).lower()
    return f"{value:.3g}" if value else OWN
