"""A training over its steps: losses, precision, recall after every stage, gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.figures.palette import BLUE, GREEN, LEVELS, ORANGE
from frcnn_viz.training.evaluation import Evaluation
from frcnn_viz.training.loop import PARTS, Step
from frcnn_viz.training.moved import Moved
from frcnn_viz.training.rates import RateRange, running_mean
from frcnn_viz.words import word

LOSSES = ("loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg")
"""The four, in the order of the stages."""
STILL = 1e-6
"""What a parameter that did not move is drawn at, since a logarithmic axis has no zero."""
Evaluations = Sequence[tuple[int, Evaluation]]


def loss_figure(steps: Sequence[Step], evaluations: Evaluations, name: str) -> go.Figure:
    """One loss over the steps: of each batch, their running mean, and on the validation pictures.

    Args:
        steps: in order.
        evaluations: with the step they were made after.
        name: as torchvision calls it.
    """
    at, values = [step.number for step in steps], [step.losses.get(name, math.nan) for step in steps]
    told = word(f"loss.{name}")
    figure = go.Figure()
    figure.add_scatter(x=at, y=values, name="each batch", line={"color": BLUE, "width": 1}, opacity=0.3)
    figure.add_scatter(x=at, y=running_mean(values), name="training", line={"color": BLUE})
    known = [(step, one.losses[name]) for step, one in evaluations if name in one.losses]
    if known:
        x, y = zip(*known, strict=True)
        figure.add_scatter(x=x, y=y, name="validation", line={"color": ORANGE}, mode="lines+markers")
    _legend_above(figure)
    figure.update_layout(title=told.term, xaxis_title=word("axis.step").term, yaxis_rangemode="tozero")
    return figure


def quality_figure(evaluations: Evaluations) -> go.Figure:
    """AP and AP50 on the validation pictures over the steps."""
    at = [step for step, _ in evaluations]
    figure = go.Figure()
    for name, values, colour in (
        ("AP50", [one.ap50 for _, one in evaluations], ORANGE),
        ("AP", [one.ap for _, one in evaluations], BLUE),
    ):
        figure.add_scatter(x=at, y=values, name=name, line={"color": colour}, mode="lines+markers")
    _legend_above(figure)
    figure.update_layout(title=word("chart.quality").term, xaxis_title=word("axis.step").term, yaxis_range=[0, 1.02])
    return figure


def stage_recall_figure(evaluations: Evaluations) -> go.Figure:
    """How much of the objects is alive after each stage, a column for each evaluation."""
    at = [str(step) for step, _ in evaluations]
    values = [[one.recall[stage] for _, one in evaluations] for stage in STAGES]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=at,
            y=list(STAGES),
            zmin=0,
            zmax=1,
            colorscale="Viridis",
            texttemplate="%{z:.2f}" if len(at) <= 12 else None,
            colorbar={"title": word("metric.recall").term},
            hovertemplate="step %{x}, %{y}: %{z:.3f}<extra></extra>",
        )
    )
    figure.update_layout(
        title=word("chart.stage_recall").term, xaxis_title=word("axis.step").term, yaxis_autorange="reversed"
    )
    figure.update_xaxes(type="category")
    return figure


def gradient_figure(steps: Sequence[Step]) -> go.Figure:
    """The length of each part's gradient before it is clipped, over the steps."""
    figure = go.Figure()
    for part, colour in zip(PARTS, LEVELS, strict=False):
        values = [step.gradients.get(part, math.nan) for step in steps]
        if any(values):
            at = [step.number for step in steps]
            figure.add_scatter(x=at, y=running_mean(values), name=part, line={"color": colour})
    _legend_above(figure)
    figure.update_layout(title=word("chart.gradients").term, xaxis_title=word("axis.step").term, yaxis_type="log")
    return figure


def rate_figure(steps: Sequence[Step]) -> go.Figure:
    """The learning rate of each step."""
    figure = go.Figure(
        go.Scatter(x=[step.number for step in steps], y=[step.rate for step in steps], line={"color": GREEN})
    )
    figure.update_layout(title=word("chart.rate").term, xaxis_title=word("axis.step").term)
    return figure


def rate_range_figure(found: RateRange) -> go.Figure:
    """The loss as the rate rises, and the rate that is suggested."""
    figure = go.Figure()
    figure.add_scatter(x=found.rates, y=found.losses, name="each batch", line={"color": BLUE, "width": 1}, opacity=0.3)
    figure.add_scatter(x=found.rates, y=found.means, name="running mean", line={"color": BLUE})
    figure.add_vline(x=found.suggested, line={"dash": "dot", "color": GREEN})
    _legend_above(figure)
    figure.update_layout(title=word("chart.rate_range").term, yaxis_title=word("loss.total").term)
    figure.update_xaxes(type="log", title=word("learn.rate").term)
    return figure


def moved_figure(rows: Sequence[Moved]) -> go.Figure:
    """How far each parameter tensor went, in the network's order; what did not move at all lies on the bottom."""
    figure = go.Figure()
    for part, colour in zip(PARTS, LEVELS, strict=False):
        of = [(place, row) for place, row in enumerate(rows) if row.part == part]
        figure.add_scatter(
            x=[place for place, _ in of],
            y=[max(row.change, STILL) for _, row in of],
            text=[row.name for _, row in of],
            name=part,
            mode="markers",
            marker={"color": colour, "size": 7},
            hovertemplate="%{text}: %{y:.2g}<extra></extra>",
        )
    _legend_above(figure)
    figure.update_layout(title=word("chart.moved").term, xaxis_title=word("axis.parameter").term, yaxis_type="log")
    return figure


def _legend_above(figure: go.Figure) -> None:
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"})
