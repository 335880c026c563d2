"""Recall by stage, COCO's figures, precision and recall, scores, the confusion matrix, and curves under stress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import torch
from torch import Tensor

from frcnn_viz.analysis.metrics import CocoReport
from frcnn_viz.analysis.stress import Axis, Point
from frcnn_viz.analysis.waterfall import STAGES, THRESHOLDS, recalls
from frcnn_viz.figures.palette import BLUE, GREEN, ORANGE, PURPLE, SELECTED, VERMILION, class_colour
from frcnn_viz.words import word


def precision_recall_figure(report: CocoReport, classes: Sequence[str]) -> go.Figure:
    """Precision over recall at IoU 0.5, a curve for each class (names without background)."""
    figure = go.Figure()
    for label, (name, values) in enumerate(zip(classes, report.precision, strict=True), start=1):
        if not np.isnan(values).all():
            recall = np.linspace(0, 1, len(values))
            figure.add_scatter(x=recall, y=values, name=name, line={"color": class_colour(label), "shape": "hv"})
    figure.update_layout(
        title=word("chart.precision_recall").term,
        xaxis_title=word("metric.recall").term,
        yaxis_title=word("metric.precision").term,
    )
    figure.update_yaxes(range=[0, 1.05])
    return figure


def confusion_figure(table: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """Objects by their class and what they were found as; classes with the background first."""
    used = [n for n in range(len(classes)) if table[n].any() or table[:, n].any()]
    rows = ["no object" if n == 0 else classes[n] for n in used]
    columns = ["missed" if n == 0 else classes[n] for n in used]
    part = table[np.ix_(used, used)]
    share = part / np.maximum(part.sum(axis=1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(
            z=share,
            x=columns,
            y=rows,
            text=part,
            texttemplate="%{text}",
            colorscale="Blues",
            showscale=False,
            hovertemplate="%{y} found as %{x}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(title=word("chart.confusion").term, yaxis_autorange="reversed")
    figure.update_xaxes(title="found as", side="top")
    return figure


def stress_figure(points: Sequence[Point], axis: Axis) -> go.Figure:
    """Best overlap of three stages, objectness and score over the axis."""
    at = [point.value for point in points]
    figure = go.Figure()
    for stage, colour in (("moved by the RPN", ORANGE), ("limit on proposals", BLUE), ("limit on detections", GREEN)):
        ious = [float(point.ious[STAGES.index(stage)]) for point in points]
        figure.add_scatter(x=at, y=ious, name=f"IoU: {stage}", line={"color": colour}, mode="lines+markers")
    for name, values, colour in (
        ("objectness", [point.objectness for point in points], SELECTED),
        ("score", [point.score for point in points], PURPLE),
    ):
        figure.add_scatter(x=at, y=values, name=name, line={"color": colour, "dash": "dot"}, mode="lines+markers")
    figure.add_hline(y=0.5, line={"dash": "dash", "width": 1})
    figure.update_layout(
        title=word("chart.stress").term, xaxis_title=f"{axis.name}, {axis.unit}", yaxis_range=[0, 1.05]
    )
    return figure


def waterfall_figure(ious: Tensor) -> go.Figure:
    """Recall at 0.5 and 0.7 after each stage."""
    return stage_recalls_figure({threshold: recalls(ious, threshold) for threshold in THRESHOLDS})


def stage_recalls_figure(by_threshold: Mapping[float, Sequence[float]]) -> go.Figure:
    """The same, of recalls that are known: of each IoU, by stage."""
    figure = go.Figure()
    for (threshold, values), colour in zip(by_threshold.items(), (BLUE, ORANGE), strict=True):
        figure.add_bar(
            x=list(STAGES), y=values, name=f"IoU {threshold:g}", marker_color=colour, text=[f"{v:.2f}" for v in values]
        )
    figure.update_layout(
        title=word("chart.waterfall").term, barmode="group", yaxis_range=[0, 1.05], legend_orientation="h"
    )
    figure.update_layout(legend={"y": 1.15, "x": 1, "xanchor": "right"})
    return figure


def score_figure(scores: Tensor, right: Tensor) -> go.Figure:
    """How the scores of finds and of false alarms are spread. scores, right (bool): [D]."""
    edges = np.linspace(0, 1, 41)
    figure = go.Figure()
    for name, of, colour in (("finds", right, GREEN), ("false alarms", ~right, VERMILION)):
        counts, _ = np.histogram(scores[of].numpy(), edges)
        figure.add_bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, name=name, marker_color=colour)
    figure.update_layout(
        title=word("chart.scores").term, barmode="stack", bargap=0.05, xaxis_title="score", yaxis_title="detections"
    )
    return figure


def threshold_figure(scores: Tensor, right: Tensor, objects: int) -> go.Figure:
    """Precision, recall and F1 as the score threshold rises, over the detections that there are."""
    order = scores.argsort(descending=True)
    hits = right[order].cumsum(0).float()
    count = torch.arange(1, len(order) + 1)
    precision, recall = hits / count, hits / max(objects, 1)
    f1 = 2 * precision * recall / (precision + recall).clamp(min=1e-9)
    figure = go.Figure()
    curves = (("precision", precision, BLUE, "solid"), ("recall", recall, ORANGE, "dash"), ("F1", f1, GREEN, "dot"))
    for name, values, colour, dash in curves:
        line = {"color": colour, "dash": dash, "shape": "hv"}
        figure.add_scatter(x=scores[order].tolist(), y=values.tolist(), name=name, line=line, mode="lines")
    if len(order):
        best = int(f1.argmax())
        figure.add_vline(
            x=float(scores[order][best]),
            line={"dash": "dot", "color": SELECTED},
            annotation={"text": "best F1"},
            annotation_position="bottom left",
        )
    figure.update_layout(title=word("chart.score_threshold").term, xaxis_title="score threshold", yaxis_range=[0, 1.05])
    return figure
