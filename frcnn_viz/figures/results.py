"""Sums of results as charts and tables."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from frcnn_viz.analysis.false_alarms import Mistake
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.figures.autopsy import name_of
from frcnn_viz.figures.palette import GREEN, GREY, ORANGE, VERMILION
from frcnn_viz.scale.queries import Group
from frcnn_viz.scale.versus import Difference
from frcnn_viz.words import word

SHOWN = 12
"""Groups in a chart; the table has them all."""


def group_figure(groups: Sequence[Group]) -> go.Figure:
    """Of each group what was found, missed and alarmed falsely, those with the most misses on top."""
    return _stacked(
        [group_name(group.name) for group in groups[:SHOWN]],
        {
            word("results.found").term: ([group.found for group in groups[:SHOWN]], GREEN),
            word("results.missed").term: ([group.missed for group in groups[:SHOWN]], VERMILION),
            word("results.left_out").term: ([group.left_out for group in groups[:SHOWN]], GREY),
            word("results.false_alarms").term: ([group.false_alarms for group in groups[:SHOWN]], ORANGE),
        },
        word("chart.results").term,
    )


def group_rows(groups: Sequence[Group]) -> list[dict[str, object]]:
    """A line a group."""
    return [
        {
            word("results.group").term: group_name(group.name),
            word("results.found").term: group.found,
            word("results.missed").term: group.missed,
            word("results.recall").term: group.recall,
            word("results.false_alarms").term: group.false_alarms,
            word("results.left_out").term: group.left_out,
        }
        for group in groups
    ]


def difference_figure(groups: Sequence[Difference]) -> go.Figure:
    """Of each group what B alone finds, and what A alone does."""
    return _stacked(
        [group_name(group.name) for group in groups[:SHOWN]],
        {
            word("results.won").term: ([group.won for group in groups[:SHOWN]], GREEN),
            word("results.lost").term: ([group.lost for group in groups[:SHOWN]], VERMILION),
        },
        word("chart.won_lost").term,
    )


def difference_rows(groups: Sequence[Difference]) -> list[dict[str, object]]:
    """A line a group."""
    columns = ("objects", "both", "won", "lost", "neither")
    return [
        {
            word("results.group").term: group_name(group.name),
            **{word(f"results.{name}").term: getattr(group, name) for name in columns},
        }
        for group in groups
    ]


def group_name(name: str | None) -> str:
    """What the pages call a group: a verdict's and a mistake's word, else its own."""
    if name is None:
        return word("results.none").term
    known = {one.value: one for kind in (Mistake, Verdict) for one in kind}
    return name_of(known[name]) if name in known else name


def _stacked(names: list[str], bars: dict[str, tuple[list[int], str]], title: str) -> go.Figure:
    figure = go.Figure()
    for name, (values, colour) in bars.items():
        if any(values):
            figure.add_bar(y=names, x=values, name=name, orientation="h", marker_color=colour)
    figure.update_layout(
        title=title,
        barmode="stack",
        showlegend=True,
        yaxis={"autorange": "reversed", "type": "category"},
        legend={"orientation": "h", "traceorder": "normal", "y": 1.12, "x": 1, "xanchor": "right"},
    )
    return figure
