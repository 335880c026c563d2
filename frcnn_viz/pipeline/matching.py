"""The training side: which anchors and RoIs are positive, negative or ignored, and which are sampled.

Shape shorthand: A anchors; G ground-truth objects; P training proposals.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import IntEnum

import torch
from torch import Tensor
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, Matcher
from torchvision.ops import box_iou

from frcnn_viz.pipeline.tables import Readable

MAX_PAIRS = 2**24
"""Of anchors and objects whose IoUs are held at once: about 0.4 GB with torchvision's steps between."""


class MatchReason(IntEnum):
    """Why an anchor got its label (paper, section 3.1.2)."""

    NEGATIVE = 0
    IGNORED = 1
    POSITIVE = 2
    POSITIVE_BEST_MATCH = 3
    OUTSIDE = 4

    @property
    def sentence(self) -> str:
        """One plain sentence for the screen."""
        return _REASON_SENTENCES[self]


_REASON_SENTENCES = {
    MatchReason.NEGATIVE: "Negative: its best IoU is under the lower threshold.",
    MatchReason.IGNORED: "Ignored: its best IoU lies between the two thresholds, so it is never drawn.",
    MatchReason.POSITIVE: "Positive: its IoU with an object reaches the upper threshold.",
    MatchReason.POSITIVE_BEST_MATCH: "Positive only because no other anchor overlaps that object more.",
    MatchReason.OUTSIDE: "Left out: it crosses the border of the picture.",
}


@dataclass(frozen=True, eq=False, repr=False)
class AnchorMatches(Readable):
    """The label of every anchor and the object it stands for.

    Attributes:
        labels: float32 [A]: 1 positive, 0 negative, -1 ignored, as `assign_targets_to_anchors` gives them.
        reason: uint8 [A], a `MatchReason`.
        iou: float32 [A], the best IoU with any object (0 without objects).
        object: int64 [A], the object of that IoU, or -1 without objects.
        best_iou_of_object: float32 [G].
        positives_of_object: int64 [G].
    """

    labels: Tensor
    reason: Tensor
    iou: Tensor
    object: Tensor
    best_iou_of_object: Tensor
    positives_of_object: Tensor

    def numbered(self, rows: Tensor, count: int) -> AnchorMatches:
        """The same where the objects matched were only `rows` (int64 [G]) of `count`; the others get no anchor."""
        rows = rows.to(self.object.device)
        best = self.best_iou_of_object.new_zeros(count).index_copy(0, rows, self.best_iou_of_object)
        positives = self.positives_of_object.new_zeros(count).index_copy(0, rows, self.positives_of_object)
        of = torch.cat([rows, rows.new_tensor([-1])])[self.object]
        return replace(self, object=of, best_iou_of_object=best, positives_of_object=positives)


def match_anchors(
    anchor_boxes: Tensor,
    ground_truth: Tensor,
    *,
    fg_iou_thresh: float,
    bg_iou_thresh: float,
    among: Tensor | None = None,
) -> AnchorMatches:
    """Match anchors [A, 4] to ground-truth boxes [G, 4], both of the input frame, by torchvision's `Matcher`.

    Args:
        anchor_boxes: all of them.
        ground_truth: with areas.
        fg_iou_thresh: anchors are positive from this IoU on.
        bg_iou_thresh: anchors are negative under it.
        among: bool [A], the anchors that take part; all when None, as in torchvision. The paper leaves out those
            that cross the image's border (section 3.3): they get label -1, IoU 0 and no object.

    Raises:
        ValueError: a ground-truth box has no area.
    """
    _check_areas(ground_truth)
    count = len(anchor_boxes)
    if among is not None:
        matches = match_anchors(
            anchor_boxes[among], ground_truth, fg_iou_thresh=fg_iou_thresh, bg_iou_thresh=bg_iou_thresh
        )
        return _spread(matches, among)
    with torch.inference_mode():
        if not len(ground_truth) or not count:
            zeros = anchor_boxes.new_zeros(count)
            none = anchor_boxes.new_zeros(len(ground_truth))
            return AnchorMatches(
                labels=zeros,
                reason=zeros.to(torch.uint8),
                iou=zeros,
                object=torch.full((count,), -1, dtype=torch.int64, device=zeros.device),
                best_iou_of_object=none,
                positives_of_object=none.to(torch.int64),
            )
        matched, iou, nearest, best = _match_in_chunks(
            anchor_boxes, ground_truth, Matcher(fg_iou_thresh, bg_iou_thresh, allow_low_quality_matches=False)
        )
        reason = torch.full((count,), int(MatchReason.NEGATIVE), dtype=torch.uint8, device=iou.device)
        reason[matched == Matcher.BETWEEN_THRESHOLDS] = MatchReason.IGNORED
        reason[matched >= 0] = MatchReason.POSITIVE
        reason[(matched >= 0) & (iou < fg_iou_thresh)] = MatchReason.POSITIVE_BEST_MATCH
        labels = (matched >= 0).to(torch.float32)
        labels[matched == Matcher.BETWEEN_THRESHOLDS] = -1
        return AnchorMatches(
            labels=labels,
            reason=reason,
            iou=iou,
            object=nearest,
            best_iou_of_object=best,
            positives_of_object=torch.bincount(matched[matched >= 0], minlength=len(ground_truth)),
        )


def _spread(matches: AnchorMatches, among: Tensor) -> AnchorMatches:
    """Matches of some anchors as those of all [A]; the others are left out."""

    def full(values: Tensor, left_out: int) -> Tensor:
        return torch.full_like(among, left_out, dtype=values.dtype).masked_scatter(among, values)

    with torch.inference_mode():
        return replace(
            matches,
            labels=full(matches.labels, -1),
            reason=full(matches.reason, int(MatchReason.OUTSIDE)),
            iou=full(matches.iou, 0),
            object=full(matches.object, -1),
        )


def _match_in_chunks(
    anchor_boxes: Tensor, ground_truth: Tensor, matcher: Matcher
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What `Matcher` gives with low-quality matches, in chunks of anchors; with the best IoU of each anchor [A], its
    object [A], and the best IoU of each object [G].
    """
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    tops: list[tuple[Tensor, Tensor, Tensor]] = []
    step = max(1, MAX_PAIRS // len(ground_truth))
    for start in range(0, len(anchor_boxes), step):
        quality = box_iou(ground_truth, anchor_boxes[start : start + step])  # [G, chunk]
        iou, nearest = quality.max(dim=0)
        parts.append((matcher(quality), iou, nearest))
        best = quality.max(dim=1).values
        objects, anchors = (quality == best[:, None]).nonzero(as_tuple=True)
        tops.append((best, objects, anchors + start))
    matched, iou, nearest = (torch.cat(values) for values in zip(*parts, strict=True))
    best = torch.stack([top for top, _, _ in tops]).amax(dim=0)
    # Every object keeps the anchors that overlap it most, however little; all of them where there are ties.
    for top, objects, anchors in tops:
        kept = anchors[(top == best)[objects]]
        matched[kept] = nearest[kept]
    return matched, iou, nearest, best


@dataclass(frozen=True, eq=False, repr=False)
class AnchorSample(Readable):
    """The mini-batch of anchors that would enter the RPN's losses: int64 indices, positives and negatives."""

    positive: Tensor
    negative: Tensor


def sample_anchors(
    matches: AnchorMatches, *, batch_size_per_image: int, positive_fraction: float, seed: int
) -> AnchorSample:
    """Draw the mini-batch with torchvision's sampler, after `torch.manual_seed(seed)` on the CPU."""
    (sample,) = draw_samples([matches.labels], [(batch_size_per_image, positive_fraction)], seed)
    return sample


def draw_samples(labels: list[Tensor], sizes: list[tuple[int, float]], seed: int) -> list[AnchorSample]:
    """Draw one sample after the other from one generator, as torchvision's training step does.

    Args:
        labels: of each stage: [N], over 0 positive, 0 negative, under 0 never drawn.
        sizes: of each stage, `batch_size_per_image` and `positive_fraction`.
        seed: for `torch.manual_seed` on the CPU before the first.
    """
    samples = []
    with own_generator():  # the sampler draws from it
        torch.default_generator.manual_seed(seed)
        for values, size in zip(labels, sizes, strict=True):
            (positive,), (negative,) = BalancedPositiveNegativeSampler(*size)([values.cpu()])
            samples.append(AnchorSample(positive=positive.nonzero()[:, 0], negative=negative.nonzero()[:, 0]))
    return samples


@contextmanager
def own_generator() -> Iterator[None]:
    """Torch's global generator on the CPU for this thread alone within; its state is put back after."""
    with _GENERATOR_LOCK, torch.random.fork_rng(devices=[]):
        yield


@dataclass(frozen=True, eq=False, repr=False)
class RoiMatches(Readable):
    """The class every training proposal is to learn. The G ground-truth boxes follow the P - G of the RPN.

    Attributes:
        boxes: float32 [P, 4], input frame.
        labels: int64 [P]: its object's class, 0 background, -1 ignored.
        iou: float32 [P], the best IoU with any object (0 without objects).
        object: int64 [P], the object of that IoU, or -1 without objects.
    """

    boxes: Tensor
    labels: Tensor
    iou: Tensor
    object: Tensor


def match_rois(
    proposals: Tensor, ground_truth: Tensor, classes: Tensor, *, fg_iou_thresh: float, bg_iou_thresh: float
) -> RoiMatches:
    """Match proposals [P - G, 4] and the ground truth itself to the ground truth [G, 4] of classes int64 [G].

    As `RoIHeads.add_gt_proposals` and `assign_targets_to_proposals`: without low-quality matches.

    Raises:
        ValueError: a ground-truth box has no area.
    """
    _check_areas(ground_truth)
    with torch.inference_mode():
        boxes = torch.cat([proposals, ground_truth])
        if not len(ground_truth):
            none = torch.full((len(boxes),), -1, dtype=torch.int64, device=boxes.device)
            return RoiMatches(boxes, torch.zeros_like(none), boxes.new_zeros(len(boxes)), none)
        quality = box_iou(ground_truth, boxes)
        matched = Matcher(fg_iou_thresh, bg_iou_thresh, allow_low_quality_matches=False)(quality)
        labels = classes[matched.clamp(min=0)]
        labels[matched == Matcher.BELOW_LOW_THRESHOLD] = 0
        labels[matched == Matcher.BETWEEN_THRESHOLDS] = -1
        iou, nearest = quality.max(dim=0)
        return RoiMatches(boxes, labels, iou, nearest)


def _check_areas(ground_truth: Tensor) -> None:
    flat = (ground_truth[:, 2:] <= ground_truth[:, :2]).any(dim=1).nonzero()[:, 0]
    if len(flat):
        index = int(flat[0])
        raise ValueError(
            f"ground-truth box {index} is {ground_truth[index].tolist()}; its width and height must be positive"
        )


_GENERATOR_LOCK = threading.Lock()
