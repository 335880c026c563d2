"""What the canvas shows, drawn into the picture: for files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torchvision.utils import draw_bounding_boxes

from frcnn_viz.canvas.at_first import at_first
from frcnn_viz.canvas.scene import BoxLayer


def annotated(picture: Tensor, layers: Sequence[BoxLayer], score_from: float = 0.0) -> np.ndarray:
    """A picture with the boxes of layers on it, as the canvas shows them at first: uint8 [H, W, 3].

    Boxes lie as on the canvas, the first group of a layer on top and a better score over a worse one; strokes are
    solid, since a file has no room to tell two dashes apart.

    Args:
        picture: uint8 [3, H, W], RGB.
        layers: drawn in order, the last on top.
        score_from: where the score filter starts.
    """
    for layer in layers:
        picture = _drawn(picture, at_first(layer, score_from))
    return picture.permute(1, 2, 0).cpu().numpy()


def _drawn(picture: Tensor, layer: BoxLayer) -> Tensor:
    boxes = layer.boxes_in_image
    groups = torch.zeros(len(boxes)) if layer.groups is None else layer.groups
    scores = torch.zeros(len(boxes)) if layer.scores is None else layer.scores
    for group in reversed(range(len(layer.legend))):
        rows = (groups == group).nonzero()[:, 0]
        if not len(rows):
            continue
        rows = rows[scores[rows].argsort(stable=True)]
        width = max(1, round(layer.widths.get(group, layer.width)))
        labels = None if layer.labels is None else [layer.labels[row] or None for row in rows.tolist()]
        picture = draw_bounding_boxes(picture, boxes[rows], labels, layer.legend[group][1], width=width, **_LABELS)
    return picture


_LABELS = {"label_colors": "black", "fill_labels": True}
