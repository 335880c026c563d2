"""The final filter: what was kept, what was not, and one detection's whole life."""

from __future__ import annotations

import torch
from torch import Tensor

from frcnn_viz.analysis.lineage import Lineage
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.canvas.sieve import Dial, Sieve
from frcnn_viz.figures.palette import ANCHOR, DASHED, DOTTED, FATE_NAMES, FATES, GREEN, ORANGE, SELECTED, class_colour
from frcnn_viz.pipeline.detections import MIN_SIZE
from frcnn_viz.pipeline.results import Fate, flatten_candidates
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.words import word

DIALS = {"minScore": "box_score_thresh", "nmsIou": "box_nms_thresh", "most": "box_detections_per_img"}
"""The settings that filter refined boxes, by what they are to a sieve."""
LOST = {
    "suppressed": Fate.SUPPRESSED,
    "over": Fate.OVER_LIMIT,
    "unlikely": Fate.BELOW_SCORE,
    "small": Fate.TOO_SMALL,
}
"""What becomes of those that are no detections; in the legend they stand after the classes, in this order."""
DASHES = {Fate.SUPPRESSED: DASHED, Fate.OVER_LIMIT: DOTTED, Fate.BELOW_SCORE: (1, 3), Fate.TOO_SMALL: (9, 3)}
REFINED = word("canvas.refined_box").term
MOST_HELD = 10_000


def held_candidates(trace: Trace, most: int = MOST_HELD) -> tuple[Tensor, float]:
    """The (proposal, class) candidates that a picture holds: all, or where they are many the best-scored.

    A box never changes the fate of one that scores higher, so what is left out changes nothing of what is held.

    Returns:
        Their indices, int64, rising; and a score that all of higher score are held by, -1 for all. The detections are
        always held.
    """
    found = trace.detections
    _, scores, _ = flatten_candidates(trace.rois)
    if len(scores) <= most:
        return torch.arange(len(scores), device=scores.device), -1.0
    floor = scores.topk(most + 1).values[-1]  # ties with it are left out together
    return ((scores > floor) | (found.fate == Fate.KEPT)).nonzero()[:, 0], float(floor)


def refined_layer(trace: Trace, classes: tuple[str, ...], rows: Tensor, dials: dict[str, Dial]) -> BoxLayer:
    """Candidates of the final filter, the detections coloured by class and the others by fate; the canvas filters them.

    Args:
        trace: of the picture.
        classes: names by label, background first.
        rows: int64 [N], rising, which candidates.
        dials: by what they are to a sieve, as `DIALS`.
    """
    boxes, scores, labels = (values[rows] for values in flatten_candidates(trace.rois))
    fate = trace.detections.fate[rows].long()
    places = {name: len(classes) + number for number, name in enumerate(LOST)}
    place = torch.zeros(len(Fate), dtype=torch.int64, device=fate.device)
    for name, lost in LOST.items():
        place[lost] = places[name]
    return BoxLayer(
        name=REFINED,
        boxes_in_image=trace.input.boxes_in_image(boxes),
        legend=[
            *((name, class_colour(label)) for label, name in enumerate(classes)),
            *((FATE_NAMES[lost], FATES[lost]) for lost in LOST.values()),
        ],
        groups=torch.where(fate == Fate.KEPT, labels, place[fate]),
        ids=rows,
        kind="detection",
        scores=scores,
        columns={"label": labels, "proposal": trace.detections.roi_and_label(rows)[0]},
        named=len(classes),
        width=2.0,
        dashes={places[name]: DASHES[lost] for name, lost in LOST.items()},
        hidden_groups=tuple(places.values()),
        sieve=Sieve(boxes, labels, dials, {"kept": 0, **places}, True, "detections", {"minSide": MIN_SIZE}),
    )


def life_layers(trace: Trace, life: Lineage) -> list[BoxLayer]:
    """Anchor, proposal and refined box of one lineage."""
    steps = [
        (word("canvas.life_anchor").term, life.anchor_box, ANCHOR),
        (word("canvas.life_proposal").term, life.proposal_box, ORANGE),
        (word("canvas.life_box").term, life.box, GREEN),
    ]
    layers = [
        BoxLayer(name, trace.input.boxes_in_image(box[None]), [(name, colour)], width=3.0, pickable=False)
        for name, box, colour in steps
    ]
    if life.suppressor:
        roi, label = life.suppressor
        box = trace.input.boxes_in_image(trace.rois.boxes[roi, label][None])
        layers.append(BoxLayer("its suppressor", box, [("its suppressor", SELECTED)], width=3.0, pickable=False))
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
