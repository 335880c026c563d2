"""The torchvision calls that give what a page shows, at the present settings, ready to paste and run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from frcnn_viz.data.scenes import SAMPLES as SCENES
from frcnn_viz.pipeline.settings import Settings

if TYPE_CHECKING:
    from frcnn_viz.ui.session import Session

STAGES = ("input", "features", "anchors", "rpn", "proposals", "rois", "detections")


def picture_code(here: Session) -> str:
    """An expression for the picture in view, as the programs below take it."""
    if here.clip:
        return f"find_clip({here.clip.name!r}).frame({here.frame})"
    if here.item:
        return f"load_image({here.image.name!r})"
    sample = here.view.image
    return f"sample_scene({sample!r})" if sample in SCENES else f"sample_picture({sample!r})[0]"


def code_of(stage: str, *, model: str, image: str, settings: Settings, random_weights: bool = False) -> str:
    """A program that ends with the tensors of `stage`.

    Args:
        stage: one of `STAGES`.
        model: the detector's name in the registry.
        image: an expression for the picture, such as `load_image("street.png")`.
        settings: written into the program.
        random_weights: whether the detector is opened with them.
    """
    s = settings
    steps = {
        "input": f"""
model.transform.min_size, model.transform.max_size = ({s.min_size},), {s.max_size}
images, _ = model.transform([image])            # normalise, resize, pad: [1, 3, h, w]""",
        "features": """
features = model.backbone(images.tensors)       # {level: [1, channels, h, w]}
if isinstance(features, torch.Tensor):
    features = {"0": features}""",
        "anchors": f"""
model.rpn.anchor_generator = AnchorGenerator(
    {s.anchor_sizes},
    {s.aspect_ratios},
)
anchors = model.rpn.anchor_generator(images, list(features.values()))[0]   # [A, 4]""",
        "rpn": """
objectness, deltas = model.rpn.head(list(features.values()))   # lists, one map per level""",
        "proposals": f"""
model.rpn._pre_nms_top_n = {{"training": 2000, "testing": {s.rpn_pre_nms_top_n}}}
model.rpn._post_nms_top_n = {{"training": 2000, "testing": {s.rpn_post_nms_top_n}}}
model.rpn.nms_thresh, model.rpn.score_thresh = {s.rpn_nms_thresh}, {s.rpn_score_thresh}
model.rpn.min_size = {s.rpn_min_size}
proposals, _ = model.rpn(images, features)      # [[P, 4]], after NMS""",
        "rois": """
pooled = model.roi_heads.box_roi_pool(features, proposals, images.image_sizes)   # [P, channels, 7, 7]
class_logits, box_regression = model.roi_heads.box_predictor(model.roi_heads.box_head(pooled))
scores = class_logits.softmax(-1)               # [P, classes], 0 is the background""",
        "detections": f"""
model.roi_heads.score_thresh, model.roi_heads.nms_thresh = {s.box_score_thresh}, {s.box_nms_thresh}
model.roi_heads.detections_per_img = {s.box_detections_per_img}
detections, _ = model.roi_heads(features, proposals, images.image_sizes)
detections = model.transform.postprocess(detections, images.image_sizes, [image.shape[-2:]])[0]""",
    }
    body = "\n".join(steps[name].strip("\n") for name in STAGES[: STAGES.index(stage) + 1])
    return _program(body, model, image, random_weights=random_weights)


def code_of_losses(
    objects: Sequence[tuple[Sequence[float], int]],
    *,
    model: str,
    image: str,
    settings: Settings,
    new_classes: int = 0,
    random_weights: bool = False,
) -> str:
    """A program that ends with the four losses, by torchvision's own training branch.

    Args:
        objects: box in pixels of the image, and label.
        model: the detector's name in the registry.
        image: an expression for the picture.
        settings: written into the program.
        new_classes: of an untrained head that takes the place of the detector's; 0 keeps that.
        random_weights: whether the detector is opened with them.
    """
    s = settings
    head = f"""
features_in = model.roi_heads.box_predictor.cls_score.in_features
torch.manual_seed({s.seed})
model.roi_heads.box_predictor = FastRCNNPredictor(features_in, {new_classes + 1})   # untrained"""
    boxes, labels = [list(box) for box, _ in objects], [label for _, label in objects]
    rest = f"""
targets = [{{
    "boxes": torch.tensor({boxes}).reshape(-1, 4),
    "labels": torch.tensor({labels}, dtype=torch.int64),
}}]
model.transform.min_size, model.transform.max_size = ({s.min_size},), {s.max_size}
images, targets = model.transform([image], targets)
features = model.backbone(images.tensors)
if isinstance(features, torch.Tensor):
    features = {{"0": features}}
rpn, heads = model.rpn, model.roi_heads
rpn.anchor_generator = AnchorGenerator(
    {s.anchor_sizes},
    {s.aspect_ratios},
)
rpn.training = heads.training = True            # not train(): normalisation layers stay as they are
rpn._pre_nms_top_n["training"] = {s.rpn_pre_nms_top_n_train}
rpn._post_nms_top_n["training"] = {s.rpn_post_nms_top_n_train}
rpn.nms_thresh, rpn.score_thresh, rpn.min_size = {s.rpn_nms_thresh}, {s.rpn_score_thresh}, {s.rpn_min_size}
rpn.proposal_matcher = Matcher({s.rpn_fg_iou_thresh}, {s.rpn_bg_iou_thresh}, allow_low_quality_matches=True)
rpn.fg_bg_sampler = BalancedPositiveNegativeSampler({s.rpn_batch_size_per_image}, {s.rpn_positive_fraction})
heads.proposal_matcher = Matcher({s.box_fg_iou_thresh}, {s.box_bg_iou_thresh}, allow_low_quality_matches=False)
heads.fg_bg_sampler = BalancedPositiveNegativeSampler({s.box_batch_size_per_image}, {s.box_positive_fraction})
torch.manual_seed({s.seed})
proposals, rpn_losses = rpn(images, features, targets)
_, head_losses = heads(features, proposals, images.image_sizes, targets)
losses = {{**head_losses, **rpn_losses}}"""
    body = (head.strip("\n") + "\n" if new_classes else "") + rest.strip("\n")
    more = "from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, Matcher\n"
    more += "from torchvision.models.detection.faster_rcnn import FastRCNNPredictor\n" if new_classes else ""
    return _program(body, model, image, more, random_weights=random_weights)


def _program(body: str, model: str, image: str, imports: str = "", *, random_weights: bool = False) -> str:
    weights = ", random_weights=True" if random_weights else ""
    body = body.replace("\n", "\n    ")
    maker = image.split("(")[0]
    homes = {"sample_scene": "scenes", "sample_picture": "samples", "find_clip": "clips"}
    source = f"frcnn_viz.data.{homes[maker]}" if maker in homes else "frcnn_viz"
    convert = "to_dtype(pil_to_tensor({}.image), torch.float32, scale=True)" if maker == "sample_scene" else "{}.tensor"
    return f"""import copy

import torch
{imports}from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.transforms.v2.functional import pil_to_tensor, to_dtype

from frcnn_viz import load_detector
from {source} import {maker}

model = copy.deepcopy(load_detector({model!r}, "cpu"{weights}).model)   # a copy of your own, to set values on
image = {convert.format(image)}   # float32 [3, H, W] in 0..1

with torch.inference_mode():
    {body}
"""
