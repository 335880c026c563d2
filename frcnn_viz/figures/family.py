"""The family on one picture: regions and detections, recall by the number of regions, times beside the papers'."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import torch
from torch import Tensor

from frcnn_viz.analysis.family import PARTS, PUBLISHED, Way, recall_by_count
from frcnn_viz.analysis.outcomes import counted_finds, judge_picture
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.overview import found_layer
from frcnn_viz.figures.palette import BLUE, DOTTED, GREEN, GREY, ORANGE, SKY
from frcnn_viz.words import word

COLOURS = {"regions": ORANGE, "features": BLUE, "head": GREEN}
SOURCES = {"fast": ("selective", ORANGE), "faster": ("rpn", BLUE)}
"""Whose regions the recall is of."""


def way_layers(way: Way, truth: GroundTruth | None, classes: tuple[str, ...], shown: int) -> list[BoxLayer]:
    """Objects, the first regions and the detections of a member; alike named in all, so that one legend is for three.

    Args:
        way: the member.
        truth: hidden at first.
        classes: names by label, background first.
        shown: at most so many regions, from the first on.
    """
    boxes = way.regions_in_image[:shown]
    kinds = [(word("family.region").term, SKY), (word("family.not_computed").term, GREY)]
    waiting = (torch.arange(len(boxes)) >= way.computed).to(torch.uint8)
    regions = BoxLayer("region", boxes, kinds, groups=waiting, width=1.0, dashes={1: DOTTED}, pickable=False)
    objects = [ground_truth_layer(truth, visible=False)] if truth else []
    return [*objects, regions, found_layer(way.detections, classes)]


def ways_table(ways: Sequence[Way], truth: GroundTruth | None, classes: tuple[str, ...]) -> list[dict[str, str]]:
    """A line a member: its regions, what was found, and how long it took; objects where they are known."""
    rows = []
    for way in ways:
        found = way.detections
        row = {
            "member": word(f"family.{way.name}").term,
            "regions": counted(way),
            "detections": f"{len(found):,}",
        }
        if truth:
            pairs = judge_picture(found.boxes_in_image, found.labels, truth, classes)
            row["found"] = "{} of {}".format(*counted_finds(pairs, truth, classes))
        row["total"] = "about " * bool(way.times.of_crops) + duration(way.times.total)
        rows.append(_named(row))
    return rows


def recall_figure(ways: Sequence[Way], truth: Tensor, iou_thresh: float) -> go.Figure:
    """Which part of the objects [G, 4], pixels of the user's image, the first regions are on."""
    figure = go.Figure()
    for way in ways:
        if way.name in SOURCES:
            name, colour = SOURCES[way.name]
            recall = recall_by_count(truth, way.regions_in_image.to(truth.device), iou_thresh).tolist()
            line = {"color": colour, "shape": "hv"}
            x = list(range(1, len(recall) + 1))
            figure.add_scatter(x=x, y=recall, name=word(f"family.{name}").term, line=line)
    figure.update_layout(title=word("chart.family_recall").term, yaxis_title=word("metric.recall").term)
    figure.update_yaxes(range=[0, 1.05])
    figure.update_xaxes(type="log", dtick=1, title=word("family.regions").term)
    return figure


def times_figure(ways: Sequence[Way]) -> go.Figure:
    """Regions, features and head of each member, as they took here."""
    names = [word(f"family.{way.name}").term for way in ways]
    figure = go.Figure()
    for part, colour in COLOURS.items():
        values = [getattr(way.times, part) for way in ways]
        name = word(f"family.{part}").term
        told = "%{y}, " + name + ": %{x:,.0f} ms<extra></extra>"
        figure.add_bar(y=names, x=values, name=name, orientation="h", marker_color=colour, hovertemplate=told)
    figure.update_layout(title=word("chart.family_times").term, yaxis_autorange="reversed", barmode="group")
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"})
    figure.update_xaxes(type="log", dtick=1, title=word("axis.ms").term)
    return figure


def times_table(ways: Sequence[Way], brief: bool = False) -> list[dict[str, str]]:
    """Two lines a member: as it took here, and as the papers say, which are named unless it is to be brief."""
    rows = []
    for way in ways:
        times, paper, name = way.times, PUBLISHED[way.name], word(f"family.{way.name}").term
        here, about = word("family.here").term, ""
        if times.of_crops:
            here, about = f"{here}; extrapolated from {times.of_crops:,} crops", "about "
        regions, *others = (duration(getattr(times, part)) for part in PARTS)
        ours = dict(zip(PARTS, (regions, *(about + told for told in others)), strict=True))
        total = about + duration(times.total)
        rows.append(_named({"member": name, "where": here, **ours, "total": total, "map": ""}))
        theirs = dict(zip(PARTS, map(duration, paper.parts), strict=True)) if paper.parts else dict.fromkeys(PARTS, "")
        of_paper = {
            "where": word("family.paper").term if brief else paper.source,
            **theirs,
            "total": duration(paper.ms),
            "map": f"{paper.mAP:.1f}",
        }
        rows.append(_named({"member": name, **of_paper}))
    return rows


def counted(way: Way) -> str:
    """How many regions went through the head, and of how many where it was not all."""
    count = len(way.regions_in_image)
    return f"{count:,}" if way.computed == count else f"{way.computed:,} of {count:,}"


def duration(ms: float) -> str:
    """Milliseconds as they are read."""
    return f"{ms / 1000:,.0f} s" if ms >= 10_000 else f"{ms:,.0f} ms" if ms >= 10 else f"{ms:.1f} ms"


def _named(row: dict[str, str]) -> dict[str, str]:
    return {word(f"family.{key}").term: value for key, value in row.items()}
