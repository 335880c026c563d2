"""A picture that is learnt by heart: what is found on it after some steps, and the losses on the way."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import LEVELS, class_colour
from frcnn_viz.figures.training import LOSSES
from frcnn_viz.training.loop import Step
from frcnn_viz.training.overfit import STABLE, Check, Report
from frcnn_viz.words import word


def detection_layer(check: Check, classes: Sequence[str]) -> BoxLayer:
    """The detections with class and score; `classes` are the names of the labels 1, 2 ...."""
    return BoxLayer(
        name=word("overfit.detections").term,
        boxes_in_image=check.boxes_in_image,
        legend=[(name, class_colour(label)) for label, name in enumerate(classes, start=1)],
        groups=check.labels - 1,
        scores=check.scores,
        named=len(classes),
        width=2.0,
        pickable=False,
    )


def object_rows(check: Check, names: Sequence[str]) -> list[dict[str, object]]:
    """One row an object: whether it is found, and the score and IoU of its detection."""
    rows = zip(names, check.found.tolist(), check.object_scores.tolist(), check.ious.tolist(), strict=True)
    return [
        {"object": number, "class": name, "found": found, "score": score, "IoU": iou}
        for number, (name, found, score, iou) in enumerate(rows, start=1)
    ]


def losses_figure(steps: Sequence[Step]) -> go.Figure:
    """The four losses of every step."""
    at, figure = [step.number for step in steps], go.Figure()
    for name, colour in zip(LOSSES, LEVELS, strict=False):
        values = [step.losses[name] for step in steps]
        figure.add_scatter(x=at, y=values, name=word(f"loss.{name}").term, line={"color": colour})
    figure.update_layout(
        title=word("overfit.losses").term,
        xaxis_title=word("axis.step").term,
        yaxis_rangemode="tozero",
        legend={"orientation": "h", "y": -0.3},
    )
    return figure


def outcome(reports: Sequence[Report], over: bool) -> str:
    """Where the training is, or how it ended, in a sentence."""
    last = reports[-1]
    found, count = int(last.check.found.sum()), len(last.check.found)
    alarms = int(last.check.false_alarms.sum())
    if last.learnt:
        first = reports[-STABLE]
        both = {1: "The object is", 2: "Both are"}.get(count, f"All {count} are")
        return (
            f"{both} found after {first.step:,} steps, {first.seconds:.1f} s, and again at each of the next "
            f"{STABLE - 1} looks."
        )
    told = f"{found} of {count} found, {alarms} false alarm{'s' * (alarms != 1)}"
    if not over:
        return f"Step {last.step:,}: {told}."
    return f"Ended after {last.step:,} steps, {last.seconds:.1f} s: {told}."
