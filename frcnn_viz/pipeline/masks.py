"""Stage 8, where a detector has it: a mask for every detection (Mask R-CNN, He et al., 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.roi_heads import maskrcnn_inference, paste_masks_in_image

from frcnn_viz.pipeline.boxes import Size
from frcnn_viz.pipeline.results import Detections, FeatureMaps
from frcnn_viz.pipeline.rois import pool_rois
from frcnn_viz.pipeline.tables import Readable


@dataclass(frozen=True, eq=False, repr=False)
class Masks(Readable):
    """What the mask head says of each detection.

    Attributes:
        logits: float32 [D, C, 28, 28], one mask for every class.
        probabilities: float32 [D, 1, 28, 28], of the detection's class.
        boxes_in_image: float32 [D, 4], where they belong.
        image_size: height and width of the user's image.
    """

    logits: Tensor
    probabilities: Tensor
    boxes_in_image: Tensor
    image_size: Size

    def __len__(self) -> int:
        return len(self.logits)

    def in_image(self, rows: slice | list[int] = slice(None)) -> Tensor:
        """Masks pasted into the image, float32 [., 1, H, W]: equal to `model([image])[0]["masks"]`."""
        with torch.inference_mode():
            return paste_masks_in_image(self.probabilities[rows], self.boxes_in_image[rows], self.image_size)


def predict_masks(
    model: GeneralizedRCNN, features: FeatureMaps, detections: Detections, input_size: Size, image_size: Size
) -> Masks:
    """Pool the detections' boxes anew and draw their masks, as `RoIHeads.forward` does."""
    heads = model.roi_heads
    with torch.inference_mode():
        pooled = pool_rois(model, features, detections.boxes, input_size, heads.mask_roi_pool)
        logits = heads.mask_predictor(heads.mask_head(pooled))
        (probabilities,) = maskrcnn_inference(logits, [detections.labels])
    return Masks(logits, probabilities, detections.boxes_in_image, image_size)
