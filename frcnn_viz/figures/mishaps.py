"""A training that went wrong beside its control: the losses of both, what each finds, and figures."""

from __future__ import annotations

import math
from collections.abc import Callable

import plotly.graph_objects as go

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import BLUE, VERMILION, class_colour
from frcnn_viz.training.mishaps import CLASSES, KINDS
from frcnn_viz.training.mishaps_child import SCORE, Outcome, Report
from frcnn_viz.words import word

NOTHING = 1e-4
"""What a loss of zero is drawn at, since a logarithmic axis has none."""


def found_layer(outcome: Outcome, picture: int) -> BoxLayer:
    """What is found on a scene held out, from `SCORE` on."""
    found = outcome.found[picture]
    likely = found["scores"] >= SCORE
    return BoxLayer(
        name=word("mishap.found").term,
        boxes_in_image=found["boxes"][likely],
        legend=[(name, class_colour(label)) for label, name in enumerate(CLASSES, start=1)],
        groups=found["labels"][likely] - 1,
        scores=found["scores"][likely],
        named=len(CLASSES),
        width=2.0,
        pickable=False,
    )


def losses_figure(name: str, reports: dict[str, Report]) -> go.Figure:
    """The sum of the losses over the steps, of the mishap and of the control, as far as they are."""
    figure, values = go.Figure(), []
    for one, colour in (("control", BLUE), (name, VERMILION)):
        steps = reports[one].steps if one in reports else ()
        values += (drawn := [max(step.total, NOTHING) for step in steps])
        told = word(f"mishap.{one}").term
        figure.add_scatter(x=[step.number for step in steps], y=drawn, name=told, line={"color": colour, "width": 1.5})
    decades = math.log10(max(values) / min(values)) if values else 4.0
    figure.update_layout(
        title={"text": word("mishap.losses").term, "font_size": 13},
        yaxis={"type": "log", "dtick": "D2" if decades < 1.5 else math.ceil(decades / 4), "exponentformat": "power"},
        legend={"orientation": "h", "y": -0.15, "yanchor": "top"},
    )
    return figure


def rows(name: str, reports: dict[str, Report]) -> list[dict[str, str]]:
    """What was measured, a row a figure; empty where one is not at its end."""
    columns = {word(f"mishap.{one}").term: reports.get(one) for one in (name, "control")}
    return [
        {word("mishap.measured").term: word(f"mishap.{key}").term}
        | {title: tell(report) if report and report.outcome else "" for title, report in columns.items()}
        for key, tell in FIGURES.items()
    ]


def events(report: Report) -> list[str]:
    """What happened that is no figure, a sentence each."""
    outcome, said = report.outcome, []
    if outcome is None:
        return said
    if outcome.refusal:
        said.append(
            f"torchvision refuses to train: {outcome.refusal} The {outcome.left_out:,} such boxes of "
            f"{outcome.objects:,} were left out, to see what comes of the others."
        )
    if outcome.broken:
        said.append(
            f"The training stopped: {outcome.broken} That step, done all the same, left {outcome.ruined:,} of "
            f"{outcome.weights:,} weights no number."
        )
    return said


def findings_told(outcome: Outcome) -> str:
    """How many findings there are of the check before training, and the last, which is about most."""
    if not outcome.findings:
        return "The check before training finds nothing here."
    whole = [one for one in outcome.findings if not one.image] or outcome.findings
    count = len(outcome.findings)
    return f"The check before training has {count:,} finding{'s' * (count != 1)}: {whole[0].sentence}"


def _mean_loss(report: Report) -> str:
    last = [step.total for step in report.steps[-10:]]
    return f"{sum(last) / len(last):,.3g}" if last else ""


def _recall(outcome: Outcome) -> str:
    reached = sum(one.recall["limit on proposals"] * one.objects for one in outcome.evaluations.values())
    count = sum(one.objects for one in outcome.evaluations.values())
    return f"{reached / count:.2f}" if not math.isnan(reached) else ""


def _found(outcome: Outcome, right: bool) -> str:
    objects = outcome.confusion[1:]
    diagonal = int(objects[:, 1:].trace())
    return f"{diagonal if right else int(objects[:, 1:].sum()) - diagonal} of {int(objects.sum())}"


FIGURES: dict[str, Callable[[Report], str]] = {
    "last_loss": _mean_loss,
    **{f"ap50_{kind}": lambda report, kind=kind: f"{report.outcome.evaluations[kind].ap50:.2f}" for kind in KINDS},
    "right": lambda report: _found(report.outcome, right=True),
    "wrong": lambda report: _found(report.outcome, right=False),
    "proposals": lambda report: _recall(report.outcome),
    "fitting": lambda report: f"{report.outcome.anchors.fitting:,} of {report.outcome.anchors.count:,}",
    "positive": lambda report: f"{report.outcome.anchors.positive:,}",
    "left_out": lambda report: f"{report.outcome.left_out:,} of {report.outcome.objects:,}",
    "ruined": lambda report: f"{report.outcome.ruined:,} of {report.outcome.weights:,}",
}
"""How each figure is told, by its key in `mishap.KEY` of the word list."""
