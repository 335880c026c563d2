"""Stage 4: the RPN's head scores every anchor and proposes how to move it; decoding moves it."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.rpn import concat_box_prediction_layers

from frcnn_viz.pipeline.results import AnchorGrid, FeatureMaps, RpnOutput
from frcnn_viz.pipeline.settings import SettingsError


def score_anchors(model: GeneralizedRCNN, features: FeatureMaps) -> RpnOutput:
    """Objectness logits and deltas of every anchor, in the anchors' order (`RPNHead.forward`)."""
    with torch.inference_mode():
        objectness_maps, delta_maps = model.rpn.head(list(features.maps.values()))
        objectness, deltas = concat_box_prediction_layers(objectness_maps, delta_maps)
        return RpnOutput(
            objectness=objectness.flatten(), deltas=deltas, objectness_maps=[level[0] for level in objectness_maps]
        )


def decode_anchors(model: GeneralizedRCNN, anchors: AnchorGrid, rpn: RpnOutput) -> Tensor:
    """Every anchor moved by its deltas, not clipped: float32 [A, 4] (paper, section 3.1.2).

    Raises:
        SettingsError: the head was built for another number of anchors per cell.
    """
    for level, (scores, wanted) in enumerate(zip(rpn.objectness_maps, anchors.per_cell, strict=True)):
        if scores.shape[0] != wanted:
            raise SettingsError(
                f"level {level} has {wanted} anchors per cell, but this model's RPN head scores {scores.shape[0]} per "
                f"cell; keep sizes x ratios at {scores.shape[0]} to run it, or train a new head."
            )
    with torch.inference_mode():
        return model.rpn.box_coder.decode(rpn.deltas, [anchors.boxes]).view(-1, 4)
