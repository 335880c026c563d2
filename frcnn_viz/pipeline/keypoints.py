"""Stage 8, where a detector has it: keypoints of every detection (Mask R-CNN, He et al., 2017, section 5)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.roi_heads import keypointrcnn_inference
from torchvision.models.detection.transform import resize_keypoints

from frcnn_viz.pipeline.boxes import Size
from frcnn_viz.pipeline.results import Detections, FeatureMaps
from frcnn_viz.pipeline.rois import pool_rois
from frcnn_viz.pipeline.tables import Readable


@dataclass(frozen=True, eq=False, repr=False)
class Keypoints(Readable):
    """What the keypoint head says of each detection, for K keypoints.

    Attributes:
        heatmaps: float32 [D, K, 56, 56], logits laid over the detection's box.
        points: float32 [D, K, 3], x, y and 1, at the heat map's largest value; network-input frame.
        points_in_image: the same in pixels of the user's image, equal to `model([image])[0]["keypoints"]`.
        scores: float32 [D, K], the logit there.
    """

    heatmaps: Tensor
    points: Tensor
    points_in_image: Tensor
    scores: Tensor

    def __len__(self) -> int:
        return len(self.heatmaps)


def predict_keypoints(
    model: GeneralizedRCNN, features: FeatureMaps, detections: Detections, input_size: Size, image_size: Size
) -> Keypoints:
    """Pool the detections' boxes anew and find their keypoints, as `RoIHeads.forward` does."""
    heads = model.roi_heads
    with torch.inference_mode():
        pooled = pool_rois(model, features, detections.boxes, input_size, heads.keypoint_roi_pool)
        heatmaps = heads.keypoint_predictor(heads.keypoint_head(pooled))
        (points,), (scores,) = keypointrcnn_inference(heatmaps, [detections.boxes])
        return Keypoints(heatmaps, points, resize_keypoints(points, input_size, image_size), scores)
