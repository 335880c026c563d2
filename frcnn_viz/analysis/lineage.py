"""One box of any stage, back to the anchor it came from and forward to what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import clip_boxes_to_image

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


@dataclass(frozen=True, eq=False)
class Step:
    """One stage in the life of a box.

    Attributes:
        title: what it is there. box: float32 [4], network-input frame.
        words: its numbers. fate: what its stage's filter made of it; None where nothing is filtered.
        kind, index: what `session.select` would choose for it.
    """

    title: str
    box: Tensor
    words: str
    fate: Fate | None
    kind: str
    index: int


def source_of(trace: Trace, kind: str, index: int) -> tuple[int, int | None] | None:
    """The anchor a box came from, and the class where it has one; None where there is no such box.

    Args:
        trace: of the image.
        kind: `anchor`, `candidate`, `proposal` or `detection`.
        index: among the anchors, the RPN's candidates, the proposals, or (proposal, class) candidates.
    """
    proposals = trace.proposals
    if kind == "detection":
        if not 0 <= index < len(trace.detections.fate):
            return None
        roi, label = trace.detections.roi_and_label(torch.tensor(index))
        return int(proposals.anchor[proposals.kept[int(roi)]]), int(label)
    if kind == "proposal":
        return (int(proposals.anchor[proposals.kept[index]]), None) if 0 <= index < len(proposals) else None
    if kind == "candidate":
        return (int(proposals.anchor[index]), None) if 0 <= index < len(proposals.anchor) else None
    return (index, None) if 0 <= index < len(trace.anchors) else None


def steps(trace: Trace, anchor: int, label: int | None, classes: Sequence[str]) -> list[Step]:
    """The life of an anchor as far as it goes: placed, moved and filtered by the RPN, refined and filtered again.

    Args:
        trace: of the image.
        anchor: its index.
        label: the class to follow at the second stage; its best-scored one when None.
        classes: names by label.
    """
    proposals, rois = trace.proposals, trace.rois
    level, row, column, shape = trace.anchors.place(anchor)
    size, ratio = trace.anchors.shapes[level][shape]
    where = f"level {trace.features.titles[level]}, row {row}, column {column}; size {size:g}, ratio {ratio:g}"
    told = [Step(f"Anchor {anchor:,}", trace.anchors.boxes[anchor], where, None, "anchor", anchor)]

    score = float(trace.rpn.objectness[anchor].sigmoid())
    moved = f"objectness {score:.3f}; moved by {_numbers(trace.rpn.deltas[anchor])}"
    rows = (proposals.anchor == anchor).nonzero()[:, 0].tolist()
    if not rows:
        box = clip_boxes_to_image(trace.decoded[anchor][None], trace.input.input_size)[0]
        return [*told, Step("Moved by the RPN", box, moved, Fate.BELOW_TOP_K, "anchor", anchor)]
    (candidate,) = rows
    fate = Fate(int(proposals.fate[candidate]))
    told.append(Step(f"Candidate {candidate:,}", proposals.candidates[candidate], moved, fate, "candidate", candidate))
    if fate is not Fate.KEPT:
        return told

    proposal = int((proposals.kept == candidate).nonzero()[0, 0])
    if label is None:
        label = int(rois.scores[proposal, 1:].argmax()) + 1
    life = follow(trace, proposal, label)
    flat = proposal * (rois.num_classes - 1) + label - 1
    words = f"{classes[label]} {life.score:.3f}; moved by {_numbers(life.box_deltas)}"
    return [*told, Step(f"Proposal {proposal:,} refined", life.box, words, life.fate, "detection", flat)]


def _numbers(deltas: Tensor) -> str:
    return ", ".join(f"{value:+.2f}" for value in deltas.tolist())
