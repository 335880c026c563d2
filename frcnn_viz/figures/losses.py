"""The four losses, and what each sampled anchor and RoI adds to them."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import torch
from torch import Tensor

from frcnn_viz.analysis.loss_variants import CURVES, Variant, curve
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import BLUE, DASHED, GREEN, GREY, ORANGE, SELECTED, SKY, VERMILION, class_colour
from frcnn_viz.figures.training import LOSSES
from frcnn_viz.pipeline.losses import Aim, RoiLosses, RpnLosses
from frcnn_viz.pipeline.results import AnchorGrid, NetworkInput
from frcnn_viz.words import word

TITLES = {name: word(f"loss.{name}").term for name in LOSSES}
WORST = 12
"""So many anchors, or RoIs, are listed."""


def anchor_layer(rpn: RpnLosses, anchors: AnchorGrid, network_input: NetworkInput) -> BoxLayer:
    """The sampled anchors, coloured by label; the score is each one's part of the two losses."""
    return BoxLayer(
        name="sampled anchor",
        boxes_in_image=network_input.boxes_in_image(anchors.boxes[rpn.anchors]),
        legend=[(word("canvas.positive_anchor").term, GREEN), (word("canvas.negative_anchor").term, VERMILION)],
        groups=(rpn.labels == 0).to(torch.uint8),
        ids=torch.arange(len(rpn.anchors)),
        kind="loss_anchor",
        columns={
            "anchor": rpn.anchors,
            word("number.p_object").term: rpn.logits.sigmoid(),
            word("number.adds_objectness").term: rpn.objectness_parts,
            word("number.adds_rpn_box").term: rpn.box_parts,
        },
        dashes={1: DASHED},
    )


def roi_layer(roi: RoiLosses, classes: Sequence[str], network_input: NetworkInput) -> BoxLayer:
    """The sampled RoIs, coloured by the class each is to learn."""
    probability = roi.class_logits.softmax(dim=1)[torch.arange(len(roi.labels)), roi.labels]
    return BoxLayer(
        name="sampled RoI",
        boxes_in_image=network_input.boxes_in_image(roi.boxes),
        legend=[(name, class_colour(label)) for label, name in enumerate(classes)],
        groups=roi.labels,
        ids=torch.arange(len(roi.labels)),
        kind="loss_roi",
        columns={
            word("number.p_class").term: probability,
            word("number.adds_class").term: roi.classifier_parts,
            word("number.adds_box").term: roi.box_parts,
        },
        dashes={0: DASHED},
        hidden_groups=(0,),
    )


def aim_layers(aim: Aim, network_input: NetworkInput) -> list[BoxLayer]:
    """A sampled box, and by an arrow where the predicted deltas send it."""
    boxes = network_input.boxes_in_image(torch.stack([aim.box, aim.sent]))
    start = (boxes[:1, :2] + boxes[:1, 2:]) / 2
    sent = [(word("canvas.sent").term, SKY)]
    return [
        BoxLayer("chosen", boxes[:1], [("chosen", SELECTED)], width=3.0, pickable=False),
        BoxLayer("where it is sent", boxes[1:], sent, tails=start, width=2.5, pickable=False),
    ]


def worst_anchors(rpn: RpnLosses) -> list[dict[str, object]]:
    """The sampled anchors that add most."""
    rows = (rpn.objectness_parts + rpn.box_parts).topk(min(WORST, len(rpn.anchors))).indices.tolist()
    return [
        {
            "anchor": int(rpn.anchors[row]),
            "label": "positive" if rpn.labels[row] > 0 else "negative",
            word("number.p_object").term: float(rpn.logits[row].sigmoid()),
            word("number.adds_objectness").term: float(rpn.objectness_parts[row]),
            word("number.adds_rpn_box").term: float(rpn.box_parts[row]),
        }
        for row in rows
    ]


def worst_rois(roi: RoiLosses, classes: Sequence[str]) -> list[dict[str, object]]:
    """The sampled RoIs that add most."""
    rows = (roi.classifier_parts + roi.box_parts).topk(min(WORST, len(roi.labels))).indices.tolist()
    scores = roi.class_logits.softmax(dim=1)
    return [
        {
            "RoI": row,
            word("number.to_learn").term: classes[int(roi.labels[row])],
            word("number.p_class").term: float(scores[row, roi.labels[row]]),
            word("number.most_likely").term: classes[int(scores[row].argmax())],
            word("number.adds_class").term: float(roi.classifier_parts[row]),
            word("number.adds_box").term: float(roi.box_parts[row]),
        }
        for row in rows
    ]


def delta_table(targets: Tensor, deltas: Tensor) -> list[dict[str, object]]:
    """What one box should learn and what is predicted, coordinate by coordinate."""
    heads = [word(f"number.{name}").term for name in ("delta", "target", "predicted", "error")]
    return [
        dict(zip(heads, (name, target, delta, delta - target), strict=True))
        for name, target, delta in zip(("tx", "ty", "tw", "th"), targets.tolist(), deltas.tolist(), strict=True)
    ]


def variant_table(rows: Sequence[Variant]) -> list[dict[str, object]]:
    """Loss variants beside torchvision's."""
    how, by = word("number.variant").term, word("number.variant_by").term
    return [{"loss": TITLES[v.loss], how: v.name, "value": v.value, by: v.source} for v in rows]


def curve_figure() -> go.Figure:
    """What one coordinate's error adds under each box loss."""
    error = torch.linspace(-1.5, 1.5, 301)
    figure = go.Figure()
    for name, colour in zip(CURVES, (BLUE, ORANGE, GREEN, GREY), strict=True):
        figure.add_scatter(x=error.tolist(), y=curve(name, error).tolist(), name=name, line={"color": colour})
    figure.update_layout(
        title=word("chart.curves").term,
        xaxis_title=word("axis.delta_error").term,
        yaxis_title=word("axis.loss").term,
    )
    return figure
