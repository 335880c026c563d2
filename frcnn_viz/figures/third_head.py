"""Masks and keypoints of detections: laid over the image, and as the small maps that the head really makes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import CLASSES, SELECTED
from frcnn_viz.figures.rasters import colourise, enlarge
from frcnn_viz.pipeline.keypoints import Keypoints
from frcnn_viz.pipeline.masks import Masks

OVERLAY_SIDE = 1200
DOT = 3.0
"""Half the side of a keypoint's square, pixels of the image."""


def mask_overlay(masks: Masks, rows: Sequence[int], threshold: float) -> np.ndarray:
    """The masks of these detections over the image, a colour each, the first on top: uint8 [h, w, 4]."""
    height, width = masks.image_size
    step = max(1, -(-max(height, width) // OVERLAY_SIDE))
    sheet = np.zeros((-(-height // step), -(-width // step), 4), dtype=np.uint8)
    for row in reversed(rows):
        on = (masks.in_image([row])[0, 0, ::step, ::step] >= threshold).cpu().numpy()
        colour = CLASSES[row % len(CLASSES)]
        sheet[on] = [*(int(colour[k : k + 2], 16) for k in (1, 3, 5)), 255]
    return sheet


def probability_map(probabilities: Tensor) -> np.ndarray:
    """A mask [28, 28] as the head makes it, 0 to 1, every value a square: uint8."""
    return enlarge(colourise(probabilities, 0, 1), 240)


def class_masks(logits: Tensor, labels: Sequence[int]) -> list[np.ndarray]:
    """The masks [C, 28, 28] of some classes; the head draws one for every class, whatever the box is taken for."""
    return [enlarge(colourise(logits[label].sigmoid(), 0, 1), 100) for label in labels]


def heat_map(heatmap: Tensor) -> np.ndarray:
    """A keypoint's logits [56, 56] on their own scale, a white square round the largest: uint8."""
    row, column = divmod(int(heatmap.argmax()), heatmap.shape[1])
    picture = enlarge(colourise(heatmap), 168)
    side = picture.shape[0] // heatmap.shape[0]
    top, left = max(0, row * side - 2), max(0, column * side - 2)
    bottom, right = (row + 1) * side + 2, (column + 1) * side + 2
    framed = picture.copy()
    framed[top:bottom, left:right] = 255
    framed[row * side : (row + 1) * side, column * side : (column + 1) * side] = picture[row * side, column * side]
    return framed


def keypoint_layer(keypoints: Keypoints, row: int, names: Sequence[str]) -> BoxLayer:
    """The keypoints of one detection as small squares with their names."""
    points = keypoints.points_in_image[row, :, :2]
    reach = torch.tensor([-DOT, -DOT, DOT, DOT], device=points.device)
    return BoxLayer(
        "keypoint",
        points.repeat(1, 2) + reach,
        [("keypoints", SELECTED)],
        columns={"logit": keypoints.scores[row]},
        labels=list(names) if len(names) == len(points) else None,
        width=2.0,
        pickable=False,
    )
