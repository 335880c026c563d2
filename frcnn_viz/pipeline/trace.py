"""The whole story on one screen: every stage of one image at one setting, run when asked for, and remembered."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.pipeline.anchors import make_anchors
from frcnn_viz.pipeline.backbone import extract_features
from frcnn_viz.pipeline.boxes import are_inside, check_finite, to_input
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.pipeline.detections import select_detections
from frcnn_viz.pipeline.keypoints import Keypoints, predict_keypoints
from frcnn_viz.pipeline.losses import Losses, roi_losses, rpn_losses
from frcnn_viz.pipeline.masks import Masks, predict_masks
from frcnn_viz.pipeline.matching import (
    AnchorMatches,
    AnchorSample,
    draw_samples,
    match_anchors,
    match_rois,
    sample_anchors,
)
from frcnn_viz.pipeline.memory import Memory, digest
from frcnn_viz.pipeline.proposals import select_proposals
from frcnn_viz.pipeline.results import (
    AnchorGrid,
    Detections,
    FeatureMaps,
    NetworkInput,
    Proposals,
    RoiOutputs,
    RpnOutput,
)
from frcnn_viz.pipeline.rois import extend_table, read_table
from frcnn_viz.pipeline.rpn import decode_anchors, score_anchors
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.summary import UNITS, StageReport, funnel, ran_table, stage_reports
from frcnn_viz.pipeline.transform import as_float, prepare

_TO_FEATURES = ("min_size", "max_size")
_TO_ANCHORS = (*_TO_FEATURES, "anchor_sizes", "aspect_ratios")
_TO_SELECTION = (*_TO_ANCHORS, "rpn_nms_thresh", "rpn_score_thresh", "rpn_min_size")
_TO_PROPOSALS = (*_TO_SELECTION, "rpn_pre_nms_top_n", "rpn_post_nms_top_n")
_TO_TRAINING_PROPOSALS = (*_TO_SELECTION, "rpn_pre_nms_top_n_train", "rpn_post_nms_top_n_train")
_TO_SAMPLES = (
    "rpn_fg_iou_thresh",
    "rpn_bg_iou_thresh",
    "rpn_batch_size_per_image",
    "rpn_positive_fraction",
    "box_fg_iou_thresh",
    "box_bg_iou_thresh",
    "box_batch_size_per_image",
    "box_positive_fraction",
    "seed",
)
_TO_DETECTIONS = (*_TO_PROPOSALS, "box_score_thresh", "box_nms_thresh", "box_detections_per_img")

_FIRST_STAGE = frozenset({"input", "features", "anchors", "rpn", "decoded", "proposals", "training proposals"})


class Trace:
    """What a detector does with one image. Each stage is an attribute, computed on first use.

        trace = Trace(model, image, Settings.of(model))
        trace.detections.boxes_in_image      # equal to model([image])[0]["boxes"]

    With a shared `Memory`, another trace of the same image reuses every result whose settings are the same:
    a new NMS threshold reruns NMS and what follows, never the backbone. The model is only read; it must be
    in evaluation mode, and its weights must not change while the memory holds results of it. What is computed lives on
    the model's `device`, wherever the image is.
    """

    def __init__(
        self,
        model: GeneralizedRCNN,
        image: Tensor,
        settings: Settings | None = None,
        *,
        memory: Memory | None = None,
        image_key: str | None = None,
    ) -> None:
        """Prepare a trace; nothing is computed yet.

        Args:
            model: any torchvision Faster R-CNN in evaluation mode, on any device.
            image: uint8, or float32 in 0..1, [3, H, W], on any device.
            settings: the model's own when None.
            memory: shared between traces; a private, unbounded one when None.
            image_key: names the image's pixels in a shared memory; a digest of them when None.

        Raises:
            ValueError: the model is in training mode.
        """
        if model.training:
            raise ValueError("the model is in training mode; call model.eval() first")
        self.model = model
        self.source = image
        self.settings = settings or Settings.of(model)
        self._image_key = image_key or ("private" if memory is None else digest(image))
        self._memory = Memory(math.inf) if memory is None else memory  # an empty Memory is falsy
        self.device = next(model.parameters()).device
        self._ms: dict[str, float] = {}

    def __repr__(self) -> str:
        """What has run; nothing runs for it."""
        return ran_table(self._title(), vars(self), self._ms)

    def _title(self) -> str:
        height, width = self.source.shape[-2:]
        return f"{type(self).__name__} of {width} x {height} pixels on {self.device}"

    @property
    def image(self) -> Tensor:
        """The image, float32 [3, H, W] in 0..1; made anew each time from `source`, the image as it was given."""
        return as_float(self.source)

    @cached_property
    def input(self) -> NetworkInput:
        """The image normalised, resized and padded."""
        s = self.settings
        return self._recall(
            "input", _TO_FEATURES, lambda: prepare(self.model, self.source, min_size=s.min_size, max_size=s.max_size)
        )

    @cached_property
    def features(self) -> FeatureMaps:
        """The backbone's feature maps."""
        return self._recall("features", _TO_FEATURES, lambda: extract_features(self.model, self.input), self.input)

    @cached_property
    def anchors(self) -> AnchorGrid:
        """Every anchor of every level."""
        s = self.settings
        return self._recall(
            "anchors",
            _TO_ANCHORS,
            lambda: make_anchors(
                self.model, self.input, self.features, anchor_sizes=s.anchor_sizes, aspect_ratios=s.aspect_ratios
            ),
            self.features,
        )

    @cached_property
    def rpn(self) -> RpnOutput:
        """Objectness and deltas of every anchor."""
        return self._recall("rpn", _TO_FEATURES, lambda: score_anchors(self.model, self.features), self.features)

    @cached_property
    def decoded(self) -> Tensor:
        """Every anchor moved by its deltas, before clipping: float32 [A, 4], input frame."""
        return self._recall(
            "decoded", _TO_ANCHORS, lambda: decode_anchors(self.model, self.anchors, self.rpn), self.anchors, self.rpn
        )

    @cached_property
    def proposals(self) -> Proposals:
        """The RPN's candidates with their fates, and the proposals."""
        s = self.settings
        return self._recall(
            "proposals",
            _TO_PROPOSALS,
            lambda: self._select(s.rpn_pre_nms_top_n, s.rpn_post_nms_top_n),
            self.decoded,
        )

    def _select(self, pre_nms_top_n: int, post_nms_top_n: int) -> Proposals:
        s = self.settings
        return select_proposals(
            self.anchors,
            self.rpn,
            self.decoded,
            input_size=self.input.input_size,
            pre_nms_top_n=pre_nms_top_n,
            post_nms_top_n=post_nms_top_n,
            nms_thresh=s.rpn_nms_thresh,
            score_thresh=s.rpn_score_thresh,
            min_size=s.rpn_min_size,
        )

    @cached_property
    def rois(self) -> RoiOutputs:
        """Class scores and refined boxes of every proposal. A proposal seen before is not pooled again."""
        model, features, proposals, size = self.model, self.features, self.proposals, self.input.input_size
        table = self._memory.update(
            self._key("roi table", _TO_ANCHORS),
            lambda old: extend_table(model, features, proposals, size, old),
            self.device,
        )
        outputs = self._recall("rois", _TO_PROPOSALS, lambda: read_table(model, proposals, table.value, size))
        self._ms["rois"] += table.ms
        return outputs

    @cached_property
    def detections(self) -> Detections:
        """Every (proposal, class) candidate with its fate, and the detections."""
        s = self.settings
        return self._recall(
            "detections",
            _TO_DETECTIONS,
            lambda: select_detections(
                self.rois,
                self.input,
                score_thresh=s.box_score_thresh,
                nms_thresh=s.box_nms_thresh,
                detections_per_img=s.box_detections_per_img,
            ),
            self.rois,
        )

    @cached_property
    def masks(self) -> Masks | None:
        """The detections' masks; None where the model draws none."""
        if not self.model.roi_heads.has_mask():
            return None
        return self._recall("masks", _TO_DETECTIONS, lambda: self._third_head(predict_masks), self.detections)

    @cached_property
    def keypoints(self) -> Keypoints | None:
        """The detections' keypoints; None where the model finds none."""
        if not self.model.roi_heads.has_keypoint():
            return None
        return self._recall("keypoints", _TO_DETECTIONS, lambda: self._third_head(predict_keypoints), self.detections)

    def _third_head(self, predict: Callable[..., Any]) -> Any:
        sizes = self.input.input_size, self.input.image_size
        return predict(self.model, self.features, self.detections, *sizes)

    def match(self, ground_truth_in_image: Tensor, *, inside_only: bool = False) -> AnchorMatches:
        """Label every anchor against ground truth [G, 4] given in pixels of the user's image.

        With `inside_only` anchors that cross the image's border take no part, as in the paper.

        Raises:
            ValueError: a box is not finite.
        """
        check_finite(ground_truth_in_image, "ground-truth box")
        boxes = ground_truth_in_image.to(self.device, torch.float32)
        s = self.settings
        return match_anchors(
            self.anchors.boxes,
            to_input(boxes, self.input.image_size, self.input.input_size),
            fg_iou_thresh=s.rpn_fg_iou_thresh,
            bg_iou_thresh=s.rpn_bg_iou_thresh,
            among=are_inside(self.anchors.boxes, self.input.input_size) if inside_only else None,
        )

    def sample(self, matches: AnchorMatches) -> AnchorSample:
        """Draw the seeded mini-batch of anchors that would enter the RPN's losses."""
        s = self.settings
        return sample_anchors(
            matches,
            batch_size_per_image=s.rpn_batch_size_per_image,
            positive_fraction=s.rpn_positive_fraction,
            seed=s.seed,
        )

    @cached_property
    def training_proposals(self) -> Proposals:
        """The RPN's candidates and proposals under training's limits, which are larger."""
        s = self.settings
        return self._recall(
            "training proposals",
            _TO_TRAINING_PROPOSALS,
            lambda: self._select(s.rpn_pre_nms_top_n_train, s.rpn_post_nms_top_n_train),
            self.decoded,
        )

    def losses(self, ground_truth_in_image: Tensor, classes: Tensor) -> Losses:
        """The four losses of training on this image, on seeded mini-batches; the model is not changed.

        They equal those of `model.train()` after `torch.manual_seed(settings.seed)`, where normalisation layers
        stay in evaluation mode, and `model.transform` too: in training it draws a size, which moves the generator on.

        Args:
            ground_truth_in_image: float32 [G, 4], pixels of the user's image.
            classes: int64 [G], of the model's classes; the background (0) is none.

        Raises:
            ValueError: a box that is not finite or has no area, or a class that the model does not know.
        """
        check_finite(ground_truth_in_image, "ground-truth box")
        names = (*_TO_TRAINING_PROPOSALS, *_TO_SAMPLES)
        boxes, classes = ground_truth_in_image.to(torch.float32), classes.to(torch.int64)
        key = (*self._key("losses", names), digest(boxes), digest(classes))
        return self._memory.recall(key, lambda: self._losses(boxes, classes), self.device).value

    def _losses(self, ground_truth_in_image: Tensor, classes: Tensor) -> Losses:
        s, known = self.settings, self.rois.num_classes
        if ((classes < 1) | (classes >= known)).any():
            raise ValueError(f"ground-truth classes must lie between 1 and {known - 1}, those this model knows")
        boxes = to_input(ground_truth_in_image.to(self.device), self.input.image_size, self.input.input_size)
        anchors = self.match(ground_truth_in_image)
        rois = match_rois(
            self.training_proposals.boxes,
            boxes,
            classes.to(self.device),
            fg_iou_thresh=s.box_fg_iou_thresh,
            bg_iou_thresh=s.box_bg_iou_thresh,
        )
        sizes = [
            (s.rpn_batch_size_per_image, s.rpn_positive_fraction),
            (s.box_batch_size_per_image, s.box_positive_fraction),
        ]
        anchor_sample, roi_sample = draw_samples([anchors.labels, rois.labels], sizes, s.seed)
        return Losses(
            rpn_losses(self.model, self.anchors, self.rpn, boxes, anchors, anchor_sample),
            roi_losses(self.model, self.features, self.input.input_size, boxes, rois, roi_sample),
            anchors,
            rois,
        )

    @property
    def stages(self) -> list[StageReport]:
        """Name, count and milliseconds of every stage, running those that have not run."""
        return stage_reports({name: getattr(self, name) for name in UNITS}, self._ms)

    @property
    def funnel(self) -> list[tuple[str, int]]:
        """How many boxes are left after each filter, from all anchors to the detections."""
        return funnel(self.proposals, self.detections)

    def _key(self, stage: str, names: tuple[str, ...]) -> Hashable:
        # A model with another head has the first stage in common with this one.
        model = self.model
        who = (model.transform, model.backbone, model.rpn) if stage in _FIRST_STAGE else model
        return stage, who, self._image_key, tuple(getattr(self.settings, name) for name in names)

    def _recall(self, stage: str, names: tuple[str, ...], compute: Callable[[], Any], *_needed: object) -> Any:
        # `_needed` are earlier stages: evaluating them as arguments keeps their time out of this one's.
        entry = self._memory.recall(self._key(stage, names), compute, self.device)
        self._ms[stage] = entry.ms
        return entry.value
