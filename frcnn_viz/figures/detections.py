"""The final filter: what was kept, what was not, and one detection's whole life."""

from __future__ import annotations

import torch

from frcnn_viz.analysis.lineage import Lineage
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import ANCHOR, DASHED, DOTTED, FATE_NAMES, FATES, GREEN, ORANGE, SELECTED
from frcnn_viz.pipeline.results import Fate, flatten_candidates
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.words import word

ORDER = [Fate.SUPPRESSED, Fate.OVER_LIMIT, Fate.BELOW_SCORE, Fate.TOO_SMALL]


def rejected_layer(trace: Trace, limit: int) -> BoxLayer:
    """The `limit` best-scored (proposal, class) candidates that were not kept, coloured by fate."""
    found = trace.detections
    boxes, scores, labels = flatten_candidates(trace.rois)
    lost = (found.fate != Fate.KEPT).nonzero()[:, 0]
    best = lost[scores[lost].topk(min(limit, len(lost))).indices]
    place = torch.zeros(len(Fate), dtype=torch.uint8)
    for group, fate in enumerate(ORDER):
        place[fate] = group
    return BoxLayer(
        name="rejected",
        boxes_in_image=trace.input.boxes_in_image(boxes[best]),
        legend=[(FATE_NAMES[fate], FATES[fate]) for fate in ORDER],
        groups=place[found.fate[best].cpu().long()],
        ids=best,
        scores=scores[best],
        columns={"label": labels[best], "proposal": found.roi_and_label(best)[0]},
        width=1.2,
        dashes={ORDER.index(Fate.SUPPRESSED): DASHED, ORDER.index(Fate.OVER_LIMIT): DOTTED},
        hidden_groups=(0, 1, 2, 3),
    )


def life_layers(trace: Trace, life: Lineage) -> list[BoxLayer]:
    """Anchor, proposal and refined box of one lineage."""
    steps = [
        (word("canvas.life_anchor").term, life.anchor_box, ANCHOR),
        (word("canvas.life_proposal").term, life.proposal_box, ORANGE),
        (word("canvas.life_box").term, life.box, GREEN),
    ]
    layers = [
        BoxLayer(name, trace.input.boxes_in_image(box[None]), [(name, colour)], width=3.0)
        for name, box, colour in steps
    ]
    if life.suppressor:
        roi, label = life.suppressor
        box = trace.input.boxes_in_image(trace.rois.boxes[roi, label][None])
        layers.append(BoxLayer("its suppressor", box, [("its suppressor", SELECTED)], width=3.0))
    return layers


def table(trace: Trace, classes: tuple[str, ...]) -> list[dict[str, object]]:
    """One row a detection, boxes in image pixels."""
    found = trace.detections
    candidates = trace.proposals.kept[found.roi]
    rows = zip(
        found.labels.tolist(),
        found.scores.tolist(),
        found.boxes_in_image.tolist(),
        found.roi.tolist(),
        trace.proposals.anchor[candidates].tolist(),
        strict=True,
    )
    return [
        {
            "class": classes[label],
            "score": score,
            "x0": box[0],
            "y0": box[1],
            "x1": box[2],
            "y1": box[3],
            "proposal": roi,
            "anchor": anchor,
        }
        for label, score, box, roi, anchor in rows
    ]
