"""One box, back to the anchor it came from and forward to what became of it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.trace import Trace


@dataclass(frozen=True, eq=False)
class Lineage:
    """The life of one (proposal, class) candidate. Boxes are float32 [4], network-input frame.

    Attributes:
        anchor: its index. level, row, column, shape: where that is.
        anchor_box: the anchor.
        rpn_deltas: float32 [4], what the RPN moved it by.
        objectness: the RPN's logit. objectness_score: its probability.
        candidate: index among the RPN's candidates. proposal: index among the proposals.
        proposal_box: the anchor moved and clipped.
        label: the class.
        box_deltas: float32 [4], what the second stage moved it by, for this class.
        score: the class's probability. scores: of every class, float32 [C].
        box: the proposal moved and clipped.
        fate: in the final filter. suppressor: the (proposal, label) that suppressed it, or None.
    """

    anchor: int
    level: int
    row: int
    column: int
    shape: int
    anchor_box: Tensor
    rpn_deltas: Tensor
    objectness: float
    objectness_score: float
    candidate: int
    proposal: int
    proposal_box: Tensor
    label: int
    box_deltas: Tensor
    score: float
    scores: Tensor
    box: Tensor
    fate: Fate
    suppressor: tuple[int, int] | None


def follow(trace: Trace, proposal: int, label: int) -> Lineage:
    """The lineage of a proposal as a class.

    Raises:
        IndexError: there is no such proposal, or the label is the background or none of the detector's.
    """
    proposals, rois, found = trace.proposals, trace.rois, trace.detections
    if not 0 <= proposal < len(proposals):
        raise IndexError(f"proposal {proposal} is not one of the {len(proposals)} proposals")
    if not 1 <= label < rois.num_classes:
        raise IndexError(f"label {label} is not between 1 and {rois.num_classes - 1}")
    candidate = int(proposals.kept[proposal])
    anchor = int(proposals.anchor[candidate])
    level, row, column, shape = trace.anchors.place(anchor)
    flat = proposal * (rois.num_classes - 1) + label - 1
    by = int(found.suppressor[flat])
    suppressor = None
    if by >= 0:
        roi, other = found.roi_and_label(torch.tensor(by))
        suppressor = int(roi), int(other)
    return Lineage(
        anchor=anchor,
        level=level,
        row=row,
        column=column,
        shape=shape,
        anchor_box=trace.anchors.boxes[anchor],
        rpn_deltas=trace.rpn.deltas[anchor],
        objectness=float(proposals.objectness[candidate]),
        objectness_score=float(proposals.scores[candidate]),
        candidate=candidate,
        proposal=proposal,
        proposal_box=proposals.candidates[candidate],
        label=label,
        box_deltas=rois.box_regression[proposal].view(-1, 4)[label],
        score=float(rois.scores[proposal, label]),
        scores=rois.scores[proposal],
        box=rois.boxes[proposal, label],
        fate=Fate(int(found.fate[flat])),
        suppressor=suppressor,
    )
