"""torchvision's own model at other settings: what `model(image)` would be had it been built with them."""

from __future__ import annotations

import copy
from typing import TypeVar

from torch import nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.pipeline.settings import Settings

AnyModule = TypeVar("AnyModule", bound=nn.Module)


def configured(model: GeneralizedRCNN, settings: Settings) -> GeneralizedRCNN:
    """A shallow copy whose transform, RPN and RoI heads have the settings of inference; weights are shared.

    The given model is not changed. Training's matchers and samplers stay the model's own.
    """
    s = settings
    transform = copy.copy(model.transform)
    transform.min_size, transform.max_size = (s.min_size,), s.max_size

    own = model.rpn.anchor_generator
    same = own.sizes == s.anchor_sizes and own.aspect_ratios == s.aspect_ratios
    rpn = with_module(
        model.rpn, "anchor_generator", copy.copy(own) if same else AnchorGenerator(s.anchor_sizes, s.aspect_ratios)
    )
    rpn._pre_nms_top_n = {**rpn._pre_nms_top_n, "testing": s.rpn_pre_nms_top_n}
    rpn._post_nms_top_n = {**rpn._post_nms_top_n, "testing": s.rpn_post_nms_top_n}
    rpn.nms_thresh, rpn.score_thresh, rpn.min_size = s.rpn_nms_thresh, s.rpn_score_thresh, s.rpn_min_size

    heads = copy.copy(model.roi_heads)
    heads.score_thresh, heads.nms_thresh = s.box_score_thresh, s.box_nms_thresh
    heads.detections_per_img = s.box_detections_per_img
    return with_module(with_module(with_module(model, "transform", transform), "rpn", rpn), "roi_heads", heads)


def with_module(module: AnyModule, name: str, part: nn.Module) -> AnyModule:
    """A shallow copy that holds another part under a name."""
    changed = copy.copy(module)
    changed._modules = {**module._modules, name: part}
    return changed
