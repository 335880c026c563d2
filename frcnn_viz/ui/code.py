"""The torchvision calls that give what a page shows, at the present settings, ready to paste and run."""

from __future__ import annotations

from frcnn_viz.pipeline.settings import Settings

STAGES = ("input", "features", "anchors", "rpn", "proposals", "rois", "detections")


def code_of(stage: str, *, model: str, image: str, settings: Settings) -> str:
    """A program that ends with the tensors of `stage`.

    Args:
        stage: one of `STAGES`.
        model: the detector's name in the registry.
        image: an expression for the picture, such as `load_image("street.png")`.
        settings: written into the program.
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
    needed = STAGES[: STAGES.index(stage) + 1]
    body = "\n".join(steps[name].strip("\n") for name in needed).replace("\n", "\n    ")
    maker = image.split("(")[0]
    source = "frcnn_viz.data.scenes" if maker == "sample_scene" else "frcnn_viz"
    convert = "to_dtype(pil_to_tensor({}.image), torch.float32, scale=True)" if maker == "sample_scene" else "{}.tensor"
    return f"""import copy

import torch
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.transforms.v2.functional import pil_to_tensor, to_dtype

from frcnn_viz import load_detector
from {source} import {maker}

model = copy.deepcopy(load_detector({model!r}, "cpu").model)   # a copy of your own, to set values on
image = {convert.format(image)}   # float32 [3, H, W] in 0..1

with torch.inference_mode():
    {body}
"""
