"""Objects by what became of them, the evidence, and false alarms by their kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import plotly.graph_objects as go
import torch
from torch import Tensor

from frcnn_viz.analysis.false_alarms import FalseAlarm, Mistake
from frcnn_viz.analysis.fixes import Fix
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.common import bars
from frcnn_viz.figures.palette import (
    ANCHOR,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SELECTED,
    SKY,
    VERMILION,
    YELLOW,
)
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.words import word

VERDICT_COLOURS = {
    Verdict.IGNORED: GREY,
    Verdict.UNKNOWN_CLASS: GREY,
    Verdict.NO_ANCHOR: SKY,
    Verdict.MOVED_AWAY: "#3D7A8C",
    Verdict.BELOW_TOP_N: "#5B5B8C",
    Verdict.RPN_FILTERED: "#8C6D5B",
    Verdict.RPN_NMS: ORANGE,
    Verdict.PROPOSAL_LIMIT: PURPLE,
    Verdict.REFINED_AWAY: BLUE,
    Verdict.BADLY_PLACED: "#7FB3D5",
    Verdict.BACKGROUND: VERMILION,
    Verdict.OTHER_CLASS: "#A83279",
    Verdict.UNDER_SCORE: YELLOW,
    Verdict.BOX_TOO_SMALL: "#8C6D5B",
    Verdict.FINAL_NMS: ORANGE,
    Verdict.DETECTION_LIMIT: PURPLE,
    Verdict.MERGED: "#D98C5F",
    Verdict.SHARED: "#B8A13C",
    Verdict.FOUND: GREEN,
}
MISTAKE_COLOURS = {
    Mistake.LOCALISATION: BLUE,
    Mistake.CLASS: "#A83279",
    Mistake.DUPLICATE: ORANGE,
    Mistake.BACKGROUND: GREY,
    Mistake.BOTH: VERMILION,
}


def name_of(kind: Verdict | Mistake) -> str:
    """What the pages call it; its value is what files and commands hold."""
    return word(f"{type(kind).__name__.lower()}.{kind.name.lower()}").term


def object_layer(truth: GroundTruth, findings: Sequence[Finding]) -> BoxLayer:
    """The objects, coloured by verdict; found ones last in the legend."""
    order = sorted({finding.verdict for finding in findings}, key=list(Verdict).index)
    place = {verdict: number for number, verdict in enumerate(order)}
    return BoxLayer(
        "object",
        truth.boxes_in_image,
        [(name_of(verdict), VERDICT_COLOURS[verdict]) for verdict in order],
        torch.tensor([place[finding.verdict] for finding in findings], dtype=torch.uint8),
        kind="object",
        columns={word("number.furthest_iou").term: torch.tensor([finding.iou for finding in findings])},
        labels=list(truth.names),
        width=2.5,
    )


def alarm_layer(
    boxes: Tensor, labels: Tensor, scores: Tensor, classes: Sequence[str], alarms: Sequence[FalseAlarm]
) -> BoxLayer:
    """The false alarms among the detections [D, 4], coloured by kind."""
    rows = torch.tensor([alarm.detection for alarm in alarms], dtype=torch.int64)
    order = list(MISTAKE_COLOURS)
    return BoxLayer(
        "false alarm",
        boxes[rows],
        [(name_of(mistake), MISTAKE_COLOURS[mistake]) for mistake in order],
        torch.tensor([order.index(alarm.mistake) for alarm in alarms], dtype=torch.uint8),
        ids=rows,
        scores=scores[rows],
        labels=[f"{classes[int(labels[row])]} {float(scores[row]):.2f}" for row in rows],
        hidden_groups=tuple(range(len(order))),
    )


def evidence_layers(trace: Trace, finding: Finding) -> list[BoxLayer]:
    """The box that got furthest at each stage it reached, and who suppressed it."""
    boxes: list[tuple[str, Tensor, str]] = []
    if finding.anchor is not None:
        boxes.append((word("canvas.life_anchor").term, trace.anchors.boxes[finding.anchor], ANCHOR))
        if finding.candidate is None:
            boxes.append((word("canvas.life_moved").term, trace.decoded[finding.anchor], BLUE))
    if finding.candidate is not None:
        boxes.append((word("canvas.life_candidate").term, trace.proposals.candidates[finding.candidate], BLUE))
    if finding.proposal is not None:
        boxes.append((word("canvas.life_box").term, trace.rois.boxes[finding.proposal, finding.label], PURPLE))
    if isinstance(finding.suppressor, tuple):
        boxes.append((word("canvas.suppressor").term, trace.rois.boxes[finding.suppressor], SELECTED))
    elif finding.suppressor is not None:
        boxes.append((word("canvas.suppressor").term, trace.proposals.candidates[finding.suppressor], SELECTED))
    return [
        BoxLayer(name, trace.input.boxes_in_image(box[None]), [(name, colour)], width=2.5, pickable=False)
        for name, box, colour in boxes
    ]


def object_rows(truth: GroundTruth, findings: Sequence[Finding]) -> list[dict[str, object]]:
    """One line an object, misses first, and last what is neither found nor missed."""
    rows = [
        {
            "object": number,
            "class": name,
            "verdict": finding.verdict.value,
            "IoU": finding.iou,
            "score": finding.score,
        }
        for number, (name, finding) in enumerate(zip(truth.names, findings, strict=True))
    ]
    order = (Verdict.FOUND.value, Verdict.UNKNOWN_CLASS.value, Verdict.IGNORED.value)
    return sorted(rows, key=lambda row: order.index(row["verdict"]) + 1 if row["verdict"] in order else 0)


def verdict_figure(findings: Sequence[Finding]) -> go.Figure:
    """How many objects each stage lost, in the order of the stages; ignored ones are not counted."""
    counts = Counter(finding.verdict for finding in findings if finding.verdict is not Verdict.IGNORED)
    colours = {verdict: VERDICT_COLOURS[verdict] for verdict in Verdict if counts[verdict]}
    return _counted(counts, colours, word("chart.verdicts").term)


def mistake_figure(alarms: Sequence[FalseAlarm]) -> go.Figure:
    """False alarms by kind."""
    return _counted(Counter(alarm.mistake for alarm in alarms), MISTAKE_COLOURS, word("chart.mistakes").term)


def _counted(counts: Counter, colours: dict, title: str) -> go.Figure:
    return bars([name_of(kind) for kind in colours], [counts[kind] for kind in colours], list(colours.values()), title)


def fix_rows(told: Sequence[Fix]) -> list[dict[str, object]]:
    """The changes that recover an object, with their price."""
    return [
        {
            word("fix.setting").term: fix.name,
            word("fix.now").term: fix.before,
            word("fix.needed").term: fix.after,
            word("fix.false_alarms").term: fix.false_alarms,
            word("fix.found").term: fix.found,
        }
        for fix in told
    ]
