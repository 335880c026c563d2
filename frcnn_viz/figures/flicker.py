"""The flicker table, as cells that can be clicked or as a map of a long clip, its gaps, and its numbers over time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import plotly.graph_objects as go

from frcnn_viz.analysis.consistency import Steadiness, counts_over_time, object_over_time, objects_by_cell
from frcnn_viz.analysis.flicker import FlickerTable, Gap
from frcnn_viz.analysis.sightings import Cell, FrameRecord
from frcnn_viz.figures.palette import BLUE, CELL_LETTERS, CELL_NAMES, CELLS, GREEN, LEVELS, ORANGE, PURPLE, VERMILION
from frcnn_viz.words import word

MOST_COLUMNS = 60
"""Of a table whose cells are drawn one by one, each with its letter."""


def flicker_figure(table: FlickerTable, chosen: tuple[str, int] | None = None) -> go.Figure:
    """The table as squares with letters, a trace for each kind of cell; a point's `customdata` is identity and frame.

    Args:
        table: of at most `MOST_COLUMNS` frames; `table.columns` gives a part.
        chosen: the identity and frame of a cell to mark.

    Raises:
        ValueError: the table has more frames.
    """
    if len(table.frames) > MOST_COLUMNS:
        raise ValueError(f"the table has {len(table.frames)} frames; {MOST_COLUMNS} can be drawn one by one.")
    figure = go.Figure()
    for cell, colour in CELLS.items():
        rows, columns = (table.cells == cell).nonzero()
        if cell is Cell.OUTSIDE or not len(rows):
            continue
        at = [(table.identities[row], table.frames[column]) for row, column in zip(rows, columns, strict=True)]
        figure.add_scatter(
            x=[str(frame) for _, frame in at],
            y=[identity for identity, _ in at],
            customdata=at,
            name=f"{CELL_LETTERS[cell]} {CELL_NAMES[cell]}",
            mode="markers+text",
            marker={"symbol": "square", "size": 16, "color": colour, "line": {"width": 0}},
            text=CELL_LETTERS[cell],
            textfont={"size": 10, "color": _ink(colour)},
            hovertemplate=f"%{{y}}, frame %{{x}}: {CELL_NAMES[cell]}<extra></extra>",
        )
    if chosen:
        figure.add_scatter(
            x=[str(chosen[1])],
            y=[chosen[0]],
            mode="markers",
            marker={"symbol": "square-open", "size": 20, "color": VERMILION, "line": {"width": 3}},
            hoverinfo="skip",
            showlegend=False,
        )
    order = {"type": "category", "categoryorder": "array", "showgrid": False}
    figure.update_xaxes(**order, categoryarray=[str(frame) for frame in table.frames], title=word("axis.frame").term)
    figure.update_yaxes(**order, categoryarray=list(table.identities), autorange="reversed")
    return _titled(figure, "chart.flicker")


def flicker_map(table: FlickerTable) -> go.Figure:
    """The table of any number of frames as a heat map; it cannot be clicked."""
    count = len(Cell)
    steps = [(edge / count, CELLS[cell]) for cell in Cell for edge in (cell, cell + 1)]
    names = np.array([CELL_NAMES[cell] for cell in Cell], dtype=object)
    figure = go.Figure(
        go.Heatmap(
            z=table.cells,
            x=list(table.frames),
            y=list(table.identities),
            customdata=names[table.cells],
            zmin=-0.5,
            zmax=count - 0.5,
            colorscale=steps,
            colorbar={
                "tickvals": [int(cell) for cell in Cell],
                "ticktext": [f"{CELL_LETTERS[cell]} {CELL_NAMES[cell]}" for cell in Cell],
            },
            hovertemplate="%{y}, frame %{x}: %{customdata}<extra></extra>",
        )
    )
    figure.update_xaxes(title=word("axis.frame").term)
    figure.update_yaxes(type="category", autorange="reversed")
    return _titled(figure, "chart.flicker")


def frames_figure(records: Sequence[FrameRecord]) -> go.Figure:
    """Objects in sight and found, and false alarms, by frame."""
    counts = counts_over_time(records)
    lines = (("in sight", "curve.in_sight", BLUE), ("found", "curve.found", GREEN))
    lines = (*lines, ("false alarms", "curve.false_alarms", VERMILION))
    figure = _lines(records, ((word(key).term, counts[name], colour) for name, key, colour in lines))
    figure.update_yaxes(rangemode="tozero", title=word("axis.objects").term)
    return _titled(figure, "chart.frames")


def cells_figure(records: Sequence[FrameRecord]) -> go.Figure:
    """How many objects got how far, by frame, stacked; the found at the bottom."""
    figure = go.Figure()
    at = [record.frame for record in records]
    for cell, values in reversed(objects_by_cell(records).items()):
        if values.any():
            name = f"{CELL_LETTERS[cell]} {CELL_NAMES[cell]}"
            figure.add_bar(x=at, y=values.tolist(), name=name, marker_color=CELLS[cell])
    figure.update_layout(barmode="stack", bargap=0)
    figure.update_xaxes(title=word("axis.frame").term)
    figure.update_yaxes(title=word("axis.objects").term)
    return _titled(figure, "chart.cells")


def object_figure(records: Sequence[FrameRecord], identity: str, score_thresh: float) -> go.Figure:
    """Objectness, IoU of the best proposal and score of one object by frame; dotted, the score it needs."""
    lines = (
        ("curve.objectness", "objectness", ORANGE),
        ("curve.proposal", "limit on proposals", BLUE),
        ("curve.score", "score", PURPLE),
    )
    values = ((word(key).term, object_over_time(records, identity, name), colour) for key, name, colour in lines)
    figure = _lines(records, values)
    figure.add_hline(y=score_thresh, line={"dash": "dot", "width": 1, "color": PURPLE})
    figure.update_yaxes(range=[0, 1.05])
    return _titled(figure, "chart.object")


def funnel_figure(records: Sequence[FrameRecord]) -> go.Figure:
    """How many boxes are left after each filter, by frame."""
    counts = counts_over_time(records)
    names = dict.fromkeys(name for record in records for name in record.boxes)
    shades = (LEVELS[number % len(LEVELS)] for number in range(len(names)))
    figure = _lines(records, ((name, counts[name], shade) for name, shade in zip(names, shades, strict=True)))
    figure.update_traces(line_dash="dot", selector=lambda trace: trace.name == "detections")
    figure.update_yaxes(type="log", title=word("axis.boxes").term)
    return _titled(figure, "chart.funnel_frames")


def gap_rows(gaps: Sequence[Gap]) -> list[dict[str, object]]:
    """One line a gap, in their order."""
    return [
        {
            word("gap.object").term: gap.identity,
            word("gap.class").term: gap.name,
            word("gap.first").term: gap.first,
            word("gap.last").term: gap.last,
            word("gap.frames").term: gap.frames,
            word("gap.after").term: gap.after,
            word("gap.margin").term: gap.margin.words,
            word("gap.cause").term: gap.cause,
        }
        for gap in gaps
    ]


def steadiness_rows(objects: Sequence[Steadiness]) -> list[dict[str, object]]:
    """One line an object, in their order."""
    return [
        {
            word("gap.object").term: one.identity,
            word("gap.class").term: one.name,
            word("steady.frames").term: one.frames,
            word("steady.found").term: one.found,
            word("steady.fragment").term: one.fragment,
            word("steady.centre").term: one.centre,
            word("steady.scale_ratio").term: one.scale_ratio,
        }
        for one in objects
    ]


def _lines(records: Sequence[FrameRecord], lines: Iterable[tuple[str, np.ndarray, str]]) -> go.Figure:
    """Curves (name, values [frames], colour); where a value was not measured the line is broken."""
    figure = go.Figure()
    at = [record.frame for record in records]
    mode = "lines+markers" if len(at) <= MOST_COLUMNS else "lines"
    for name, values, colour in lines:
        known = [None if math.isnan(value) else value for value in values.tolist()]
        figure.add_scatter(x=at, y=known, name=name, mode=mode, line={"color": colour}, connectgaps=False)
    figure.update_xaxes(title=word("axis.frame").term)
    return figure


def _titled(figure: go.Figure, key: str) -> go.Figure:
    legend = {"orientation": "h", "yref": "container", "y": 0.0, "yanchor": "bottom", "x": 0, "xanchor": "left"}
    return figure.update_layout(title=word(key).term, legend=legend)


def _ink(colour: str) -> str:
    """Black or white, whichever is read better on a colour (its luma, ITU-R BT.601)."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 128 else "#FFFFFF"
