"""What a word of training means, seen in the present trace: its anchors, RoIs and losses on this picture's objects."""

from __future__ import annotations

import plotly.graph_objects as go
import torch
from torchvision.ops import box_area

from frcnn_viz.figures.glossary import SHOWN, Depiction, NothingToSee, Seen
from frcnn_viz.figures.losses import curve_figure
from frcnn_viz.figures.palette import (
    ANCHOR,
    BLUE,
    GREEN,
    GROUND_TRUTH,
    REASON_NAMES,
    REASONS,
    VERMILION,
    class_colour,
)
from frcnn_viz.pipeline.losses import Losses
from frcnn_viz.pipeline.matching import MatchReason
from frcnn_viz.words import word


def overlap(seen: Seen) -> Depiction:
    """An object and the anchor that is to find it."""
    largest = seen.objects[[int(box_area(seen.objects).argmax())]]
    iou = seen.trace.match(largest).iou
    best = int(iou.argmax())
    pair = torch.cat([largest, seen.trace.input.boxes_in_image(seen.trace.anchors.boxes[[best]]).cpu()])
    shown = seen.drawn(pair, [GROUND_TRUTH, ANCHOR], frame="image")
    return shown, f"The largest object (yellow) and the anchor that fits it best (blue): IoU {iou[best]:.2f}."


def match(one: MatchReason, seen: Seen) -> Depiction:
    """Anchors with that label."""
    trace = seen.trace
    found = trace.match(seen.objects, inside_only=one is MatchReason.OUTSIDE)
    rows = (found.reason == one.value).nonzero()[:, 0]
    if not len(rows):
        raise NothingToSee(f"No anchor is {REASON_NAMES[one]} on this picture.")
    shown = rows[found.iou[rows].argsort(descending=True, stable=True)[:SHOWN]]
    told = f"{len(shown)} of {len(rows):,} anchors, those with the best IoU."
    return seen.drawn(trace.anchors.boxes[shown], REASONS[one], 2), told


def mini_batch(seen: Seen) -> Depiction:
    """The anchors that a step would look at."""
    trace = seen.trace
    drawn = trace.sample(trace.match(seen.objects))
    rows = torch.cat([drawn.negative, drawn.positive])
    colours = [VERMILION] * len(drawn.negative) + [GREEN] * len(drawn.positive)
    told = f"{len(drawn.positive)} positive anchors (green) and {len(drawn.negative)} negative ones (red)."
    return seen.drawn(trace.anchors.boxes[rows], colours, 1), told


def roi_batch(seen: Seen) -> Depiction:
    """The RoIs that a step would look at."""
    roi = _losses(seen).roi
    held = roi.labels > 0
    order = held.int().argsort(stable=True)
    colours = [class_colour(label) for label in roi.labels[order].tolist()]
    told = f"{int(held.sum())} RoIs on objects, in their class's colour, and {int((~held).sum())} on none (grey)."
    return seen.drawn(roi.boxes[order], colours, 1), told


def losses(seen: Seen) -> Depiction:
    """The four of this picture."""
    values = {word(f"loss.{name}").term: float(value) for name, value in _losses(seen).by_name.items()}
    bars = go.Bar(x=[*values.values()], y=[*values], orientation="h", marker_color=BLUE)
    figure = go.Figure(bars).update_layout(title=word("loss.total").term, yaxis_autorange="reversed")
    return figure, f"Together {sum(values.values()):.3f}, as a training step on this picture would have them."


def _losses(seen: Seen) -> Losses:
    known, labels = seen.truth.known_in(seen.classes)
    if not len(known):
        raise NothingToSee("This picture has no object of a class that the detector knows.")
    return seen.trace.losses(known.boxes_in_image, labels)


def curves(seen: Seen) -> Depiction:
    """The formulas themselves."""
    return curve_figure(), "What an error of one delta adds: the formulas, not a tensor of this picture."
