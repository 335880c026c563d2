"""An experiment: a dot for each seed of each arm, and its figures as text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.statistics import BANDS
from frcnn_viz.figures.palette import BLUE, GREY, ORANGE
from frcnn_viz.training.results import Record, Row
from frcnn_viz.words import word


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
    figure.update_layout(title=title, showlegend=False)
    figure.update_xaxes(tickvals=list(range(len(arms))), ticktext=list(arms), range=[-0.5, len(arms) - 0.5])
    return figure


def cells(row: Row, kind: str) -> tuple[str, str, str, str]:
    """A figure as a row of a table: its name, both arms with their spread, and the difference with its interval."""
    digits = 0 if kind == "seconds" else 3
    told = ""
    if row.verdict:
        one = row.verdict
        told = f"{one.difference:+.{digits}f} ({one.low:+.{digits}f} to {one.high:+.{digits}f})"
    return name_of(row.name, kind), *(_spread(values, digits) for values in row.arms), told


def name_of(name: str, kind: str) -> str:
    """What a figure is called."""
    if kind == "figures":
        return word(f"metric.{name}").term
    return word("experiment.seconds").term if kind == "seconds" else name


def disagreement_rows(record: Record) -> list[dict[str, object]]:
    """The objects that one arm alone finds, as rows of a table."""
    arms, seeds = record.experiment.arms, len(record.seeds)
    return [
        {
            word("experiment.picture").term: one.target.picture,
            word("experiment.class").term: one.target.item.label,
            word("experiment.band").term: band_of(one.target.item),
            **{f"{arm.name} finds it": f"{count} of {seeds}" for arm, count in zip(arms, one.arms, strict=True)},
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
