"""The objects of a set, drawn: how many, how large, how long, where; beside the detector's anchors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from frcnn_viz.data.statistics import BoxTable, ClassStatistics, heat_map
from frcnn_viz.figures.palette import SELECTED, class_colour
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.words import word

MOST_POINTS = 20_000
BINS = 40
_ROUND = [factor * 10.0**power for power in range(-2, 5) for factor in (1, 2, 5)]
TICKS = {"tickvals": _ROUND, "ticktext": [f"{value:g}" for value in _ROUND]}
"""Of a logarithmic axis, written out: Plotly's own say 5 for 50."""
INPUT_PIXELS, IMAGE_PIXELS = word("statistics.after_resize").term, word("statistics.of_images").term


def class_table(original: Sequence[ClassStatistics], resized: Sequence[ClassStatistics]) -> list[dict[str, object]]:
    """Both frames in one table; sizes are square roots of areas."""
    return [
        {
            "class": row.label,
            "objects": row.objects,
            "images": row.images,
            word("statistics.size").term: row.size_median,
            word("statistics.spread").term: f"{row.size_p10:.0f} to {row.size_p90:.0f}",
            word("statistics.size_resized").term: after.size_median,
            word("statistics.spread_resized").term: f"{after.size_p10:.0f} to {after.size_p90:.0f}",
            word("statistics.ratio").term: row.ratio_median,
        }
        for row, after in zip(original, resized, strict=True)
    ]


def shapes_figure(table: BoxTable, scales: np.ndarray, settings: Settings, level_names: Sequence[str]) -> go.Figure:
    """Width against height of every object after the resize, with the detector's anchors among them."""
    x0, y0, x1, y1 = table.boxes_in_image.T
    widths, heights = (x1 - x0) * scales, (y1 - y0) * scales
    figure = go.Figure()
    few = np.random.default_rng(0).permutation(len(widths))[:MOST_POINTS]
    for number, label in enumerate(_frequent(table), start=1):
        of = few[table.labels[few] == label]
        figure.add_scattergl(
            x=widths[of], y=heights[of], mode="markers", name=label, marker={"size": 4, "color": class_colour(number)}
        )
    for level, (sizes, ratios) in enumerate(zip(settings.anchor_sizes, settings.aspect_ratios, strict=True)):
        shapes = [(size * ratio**-0.5, size * ratio**0.5) for ratio in ratios for size in sizes]
        name = level_names[level] if level < len(level_names) else str(level)
        figure.add_scatter(
            x=[width for width, _ in shapes],
            y=[height for _, height in shapes],
            mode="markers+text",
            text=[name] * len(shapes),
            textposition="top center",
            name="anchors",
            legendgroup="anchors",
            showlegend=level == 0,
            marker={"size": 10, "symbol": "cross-thin", "line": {"width": 2, "color": SELECTED}},
            hovertemplate=f"anchor of level {name}: %{{x:.0f}} x %{{y:.0f}}<extra></extra>",
        )
    figure.update_layout(title=word("chart.shapes").term, legend={"itemsizing": "constant"})
    figure.update_xaxes(type="log", title=f"width, {INPUT_PIXELS}", **TICKS)
    figure.update_yaxes(type="log", title=f"height, {INPUT_PIXELS}", **TICKS)
    return figure


def size_figure(table: BoxTable, scales: np.ndarray | None, settings: Settings) -> go.Figure:
    """How the sizes are spread, per class; with `scales` [N] after the resize, with the anchors' sizes as lines."""
    sizes = table.sizes if scales is None else table.sizes * scales
    figure = _histograms(table, sizes, f"size, {IMAGE_PIXELS if scales is None else INPUT_PIXELS}")
    if scales is not None:
        _lines(figure, {size for level in settings.anchor_sizes for size in level})
    figure.update_layout(title=word("chart.sizes").term)
    return figure


def ratio_figure(table: BoxTable, settings: Settings) -> go.Figure:
    """How height over width is spread, per class, with the anchors' ratios as lines."""
    figure = _histograms(table, table.ratios, "height / width")
    _lines(figure, {ratio for level in settings.aspect_ratios for ratio in level})
    figure.update_layout(title=word("chart.ratios").term)
    return figure


def count_figure(rows: Sequence[ClassStatistics]) -> go.Figure:
    """Objects of each class."""
    colours = [class_colour(number) for number in range(1, len(rows) + 1)]
    counts = [row.objects for row in rows]
    figure = go.Figure(
        go.Bar(y=[row.label for row in rows], x=counts, orientation="h", marker_color=colours, text=counts)
    )
    figure.update_layout(title=word("chart.counts").term, yaxis_autorange="reversed", xaxis_title="objects")
    return figure


def place_figure(table: BoxTable, label: str | None) -> go.Figure:
    """Where in the image objects are: how many cover each part, all images laid over each other."""
    figure = go.Figure(
        go.Heatmap(z=heat_map(table, label), colorscale="Viridis", hovertemplate="%{z} objects<extra></extra>")
    )
    figure.update_layout(title=word("chart.places").term)
    figure.update_xaxes(showticklabels=False)
    figure.update_yaxes(showticklabels=False, autorange="reversed")
    return figure


def _frequent(table: BoxTable) -> list[str]:
    names, counts = np.unique(table.labels.astype(str), return_counts=True)
    return names[np.argsort(-counts, kind="stable")].tolist()


def _lines(figure: go.Figure, values: set[float]) -> None:
    """The anchors' values as lines on a logarithmic axis."""
    for value in sorted(values):
        figure.add_shape(
            type="line",
            x0=value,
            x1=value,
            y0=0,
            y1=1,
            yref="paper",
            line={"color": SELECTED, "dash": "dot", "width": 1},
        )
        # a shape's place is in data units, an annotation's in powers of ten
        figure.add_annotation(
            x=math.log10(value), y=1, yref="paper", yanchor="bottom", text=f"{value:g}", showarrow=False
        )


def _histograms(table: BoxTable, values: np.ndarray, axis: str) -> go.Figure:
    """Bars of equal width on a logarithmic axis, since sizes and ratios are told by factors."""
    low, high = (values.min(), values.max()) if len(values) else (1.0, 2.0)
    edges = np.geomspace(low * 0.999, max(high, low * 1.01) * 1.001, BINS + 1)
    figure = go.Figure()
    for number, label in enumerate(_frequent(table), start=1):
        counts, _ = np.histogram(values[table.labels == label], edges)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            name=label,
            marker_color=class_colour(number),
            hovertemplate="%{x:.3g}: %{y}",
        )
    figure.update_layout(barmode="stack", bargap=0)
    figure.update_xaxes(type="log", title=axis, **TICKS)
    figure.update_yaxes(title="objects")
    return figure
