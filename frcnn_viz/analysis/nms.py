"""Non-maximum suppression taken apart: who suppressed whom, step by step, and what other ways would have kept.

Shape shorthand: N boxes that entered NMS.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import batched_nms, box_iou, nms

from frcnn_viz.pipeline.results import Fate, flatten_candidates
from frcnn_viz.pipeline.trace import Trace

RPN, FINAL = "the RPN's NMS", "the final NMS"


@dataclass(frozen=True, eq=False)
class Court:
    """What entered one NMS, and its judgement.

    Attributes:
        ids: int64 [N], candidates of the RPN, or flat (proposal, class) candidates.
        boxes: float32 [N, 4], input frame. scores: float32 [N]. groups: int64 [N], level or label.
        kept: int64 [K], rows that NMS kept, best first.
        suppressor: int64 [N], the row that suppressed each, or -1.
        threshold: of IoU.
    """

    ids: Tensor
    boxes: Tensor
    scores: Tensor
    groups: Tensor
    kept: Tensor
    suppressor: Tensor
    threshold: float

    def step_of(self, row: int) -> int:
        """The step, from 1, in which a row is kept or suppressed."""
        judge = row if self.suppressor[row] < 0 else self.suppressor[row]
        return int((self.kept == judge).nonzero()) + 1

    def iou(self, row: int, others: Tensor) -> Tensor:
        """Of a row with others."""
        return box_iou(self.boxes[row][None], self.boxes[others])[0]


def court_of(trace: Trace, stage: str) -> Court:
    """The NMS of `RPN` or `FINAL`; nothing is run again."""
    if stage == RPN:
        of = trace.proposals
        boxes, scores, groups, suppressor = of.candidates, of.scores, of.level, of.suppressor
    else:
        of = trace.detections
        boxes, scores, groups = flatten_candidates(trace.rois)
        suppressor = of.suppressor
    entered = (of.fate == Fate.SUPPRESSED).index_fill(0, of.nms_kept, True)
    ids = entered.nonzero()[:, 0]
    row_of = torch.full((len(boxes) + 1,), -1, dtype=torch.int64, device=boxes.device)
    row_of[ids] = torch.arange(len(ids), device=boxes.device)
    return Court(ids, boxes[ids], scores[ids], groups[ids], row_of[of.nms_kept], row_of[suppressor[ids]], of.nms_thresh)


def object_under(boxes_in_image: Tensor, objects: Tensor, least: float = 0.5) -> Tensor:
    """The object that each box overlaps most, if by at least that IoU, else -1: int64 [N].

    boxes_in_image: [N, 4]. objects: [G, 4], image pixels too.
    """
    if not len(objects):
        return torch.full((len(boxes_in_image),), -1, dtype=torch.int64, device=boxes_in_image.device)
    iou, of = box_iou(boxes_in_image, objects.to(boxes_in_image.device)).max(dim=1)
    return of.where(iou >= least, -1)


def keep_with(court: Court, threshold: float) -> Tensor:
    """What torchvision's NMS keeps at another threshold: rows, best first."""
    return batched_nms(court.boxes, court.scores, court.groups, threshold)


def keep_across_groups(court: Court, threshold: float, most: int) -> Tensor:
    """Class-agnostic NMS: boxes of all groups against each other; the best `most` that it keeps."""
    order = court.scores.argsort(descending=True, stable=True)
    looked = 4 * most
    while True:
        # What NMS keeps of the best-scored boxes does not depend on the others.
        rows = order[:looked]
        kept = rows[nms(court.boxes[rows], court.scores[rows], threshold)][:most]
        if len(kept) == most or looked >= len(order):
            return kept
        looked *= 4


def soft_nms(court: Court, sigma: float = 0.5, score_thresh: float = 0.0, *, most: int) -> tuple[Tensor, Tensor]:
    """Gaussian Soft-NMS within groups: rows kept, best first, and their lowered scores.

    Instead of removing a box, it lowers its score by exp(-IoU^2 / sigma) for each better box (Bodla et al., 2017).

    Args:
        court: what entered.
        sigma: the smaller, the harder.
        score_thresh: what falls to it or under it is dropped.
        most: how many to keep.
    """
    scores, left = court.scores.clone(), torch.ones(len(court.scores), dtype=torch.bool, device=court.scores.device)
    order: list[int] = []
    while len(order) < most and bool(left.any()):
        best = int(torch.where(left, scores, -1.0).argmax())
        if scores[best] <= score_thresh:
            break
        left[best] = False
        order.append(best)
        near = left & (court.groups == court.groups[best])
        rows = near.nonzero()[:, 0]
        scores[rows] = scores[rows] * torch.exp(-court.iou(best, rows).square() / sigma)
    kept = torch.tensor(order, dtype=torch.int64, device=court.scores.device)
    return kept, scores[kept]
