"""The four losses of training, on the mini-batches really sampled; in evaluation mode, nothing is learnt.

The totals are torchvision's own functions on the same sample; beside them, what each anchor and RoI adds.
Shape shorthand: S sampled anchors; R sampled RoIs; C classes with background.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.roi_heads import fastrcnn_loss

from frcnn_viz.pipeline.boxes import Size
from frcnn_viz.pipeline.matching import AnchorMatches, AnchorSample, RoiMatches
from frcnn_viz.pipeline.results import AnchorGrid, FeatureMaps, RpnOutput
from frcnn_viz.pipeline.rois import pool_rois
from frcnn_viz.pipeline.tables import Readable

BETA = 1 / 9
"""Where torchvision's smooth L1 passes from square to straight."""


@dataclass(frozen=True, eq=False, repr=False)
class RpnLosses(Readable):
    """Both losses of the first stage (paper, equation 1), and what each sampled anchor adds to them.

    Attributes:
        objectness, box: float32 [], as `RegionProposalNetwork.compute_loss` returns them.
        anchors: int64 [S], positives first.
        labels: float32 [S], 1 or 0.
        logits: float32 [S], the objectness predicted.
        objectness_parts, box_parts: float32 [S]; they add up to the losses. A negative adds no box loss.
        targets: float32 [S, 4], the deltas (tx, ty, tw, th) to learn; 0 for negatives.
        deltas: float32 [S, 4], the deltas predicted.
    """

    objectness: Tensor
    box: Tensor
    anchors: Tensor
    labels: Tensor
    logits: Tensor
    objectness_parts: Tensor
    box_parts: Tensor
    targets: Tensor
    deltas: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class RoiLosses(Readable):
    """Both losses of the second stage, and what each sampled RoI adds to them.

    Attributes:
        classifier, box: float32 [], as `fastrcnn_loss` returns them.
        rois: int64 [R], index into the `RoiMatches`.
        boxes: float32 [R, 4], input frame.
        labels: int64 [R], 0 for background.
        class_logits: float32 [R, C].
        classifier_parts, box_parts: float32 [R]; they add up to the losses. Background adds no box loss.
        targets: float32 [R, 4], the deltas to learn, times the coder's weights; 0 for background.
        deltas: float32 [R, 4], those predicted for the labelled class.
    """

    classifier: Tensor
    box: Tensor
    rois: Tensor
    boxes: Tensor
    labels: Tensor
    class_logits: Tensor
    classifier_parts: Tensor
    box_parts: Tensor
    targets: Tensor
    deltas: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class Losses(Readable):
    """All four losses of an image, with the samples they were computed on."""

    rpn: RpnLosses
    roi: RoiLosses
    anchor_matches: AnchorMatches
    roi_matches: RoiMatches

    @property
    def by_name(self) -> dict[str, Tensor]:
        """Under the keys of `model(images, targets)` in training mode."""
        return {
            "loss_classifier": self.roi.classifier,
            "loss_box_reg": self.roi.box,
            "loss_objectness": self.rpn.objectness,
            "loss_rpn_box_reg": self.rpn.box,
        }

    @property
    def total(self) -> Tensor:
        """Their plain sum, which training minimises."""
        return sum(self.by_name.values(), torch.zeros(()))


@dataclass(frozen=True, eq=False)
class Aim:
    """What one sampled anchor or RoI is to learn, and what is predicted for it.

    Attributes:
        box, sent: float32 [4], input frame: itself, and where the predicted deltas send it.
        target, delta: float32 [4], the deltas to learn and those predicted, as the losses have them.
    """

    box: Tensor
    sent: Tensor
    target: Tensor
    delta: Tensor

    @classmethod
    def of_anchor(cls, model: GeneralizedRCNN, anchors: AnchorGrid, losses: RpnLosses, row: int) -> Aim:
        """Of an anchor, by its place in the mini-batch."""
        box, target, delta = anchors.boxes[losses.anchors[row]], losses.targets[row], losses.deltas[row]
        return cls(box, _decode(model.rpn.box_coder, box, delta), target, delta)

    @classmethod
    def of_roi(cls, model: GeneralizedRCNN, losses: RoiLosses, row: int) -> Aim:
        """Of an RoI, by its place in the mini-batch."""
        box, target, delta = losses.boxes[row], losses.targets[row], losses.deltas[row]
        return cls(box, _decode(model.roi_heads.box_coder, box, delta), target, delta)


def _decode(coder: BoxCoder, box: Tensor, delta: Tensor) -> Tensor:
    with torch.inference_mode():
        return coder.decode_single(delta[None], box[None])[0]


def rpn_losses(
    model: GeneralizedRCNN,
    anchors: AnchorGrid,
    rpn: RpnOutput,
    ground_truth: Tensor,
    matches: AnchorMatches,
    sample: AnchorSample,
) -> RpnLosses:
    """The first stage's losses on a sample, by torchvision's `compute_loss`.

    Args:
        model: gives the box coder and the loss.
        anchors: all of them.
        rpn: what the network says of them.
        ground_truth: float32 [G, 4], input frame.
        matches: of the anchors.
        sample: the mini-batch.
    """
    device = rpn.objectness.device
    positive, negative = sample.positive.to(device), sample.negative.to(device)
    with torch.inference_mode():
        matched = ground_truth[matches.object.clamp(min=0)] if len(ground_truth) else torch.zeros_like(anchors.boxes)
        (targets,) = model.rpn.box_coder.encode([matched], [anchors.boxes])
        given = copy.copy(model.rpn)  # its sampler draws again; the copy's gives the sample that was drawn
        masks = [
            torch.zeros_like(matches.labels, dtype=torch.bool).index_fill_(0, i, True) for i in (positive, negative)
        ]
        given.__dict__ = {**model.rpn.__dict__, "fg_bg_sampler": lambda labels: ([masks[0]], [masks[1]])}
        objectness, box = given.compute_loss(rpn.objectness[:, None], rpn.deltas, [matches.labels], [targets])

        chosen = torch.cat([positive, negative])
        labels = matches.labels[chosen]
        entropy = F.binary_cross_entropy_with_logits(rpn.objectness[chosen], labels, reduction="none")
        distance = F.smooth_l1_loss(rpn.deltas[chosen], targets[chosen], beta=BETA, reduction="none").sum(dim=1)
        return RpnLosses(
            objectness=objectness,
            box=box,
            anchors=chosen,
            labels=labels,
            logits=rpn.objectness[chosen],
            objectness_parts=entropy / len(chosen),
            box_parts=distance.where(labels > 0, 0) / len(chosen),
            targets=targets[chosen].where(labels[:, None] > 0, 0),
            deltas=rpn.deltas[chosen],
        )


def roi_losses(
    model: GeneralizedRCNN,
    features: FeatureMaps,
    input_size: Size,
    ground_truth: Tensor,
    matches: RoiMatches,
    sample: AnchorSample,
) -> RoiLosses:
    """The second stage's losses on a sample, by torchvision's `fastrcnn_loss`.

    Args:
        model: its head runs on the sampled RoIs.
        features: to pool from.
        input_size: of the resized image.
        ground_truth: float32 [G, 4], input frame.
        matches: of the proposals and the ground truth.
        sample: the mini-batch.
    """
    heads = model.roi_heads
    with torch.inference_mode():
        chosen = torch.cat([sample.positive, sample.negative]).sort().values.to(matches.boxes.device)
        boxes, labels = matches.boxes[chosen], matches.labels[chosen]
        nearest = matches.object[chosen].clamp(min=0)
        matched = ground_truth[nearest] if len(ground_truth) else torch.zeros_like(boxes)
        (targets,) = heads.box_coder.encode([matched], [boxes])
        class_logits, regression = heads.box_predictor(heads.box_head(pool_rois(model, features, boxes, input_size)))
        classifier, box = fastrcnn_loss(class_logits, regression, [labels], [targets])

        count = len(chosen)
        deltas = regression.reshape(count, -1, 4)[torch.arange(count, device=labels.device), labels]
        distance = F.smooth_l1_loss(deltas, targets, beta=BETA, reduction="none").sum(dim=1)
        return RoiLosses(
            classifier=classifier,
            box=box,
            rois=chosen,
            boxes=boxes,
            labels=labels,
            class_logits=class_logits,
            classifier_parts=F.cross_entropy(class_logits, labels, reduction="none") / count,
            box_parts=distance.where(labels > 0, 0) / count,
            targets=targets.where(labels[:, None] > 0, 0),
            deltas=deltas,
        )
