"""The range of each setting's slider, and the setting as a slider of the canvas."""

from __future__ import annotations

from collections.abc import Mapping

from frcnn_viz.canvas.sieve import Dial
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.words import word

SLIDERS = {
    "min_size": (32, 1200, 8),
    "max_size": (32, 2000, 1),
    "rpn_pre_nms_top_n": (1, 2000, 1),
    "rpn_nms_thresh": (0.0, 1.0, 0.01),
    "rpn_post_nms_top_n": (1, 2000, 1),
    "rpn_min_size": (0.0, 64.0, 0.001),
    "rpn_score_thresh": (0.0, 1.0, 0.005),
    "box_score_thresh": (0.0, 1.0, 0.005),
    "box_nms_thresh": (0.0, 1.0, 0.01),
    "box_detections_per_img": (1, 300, 1),
    "rpn_fg_iou_thresh": (0.0, 1.0, 0.01),
    "rpn_bg_iou_thresh": (0.0, 1.0, 0.01),
    "rpn_batch_size_per_image": (1, 1024, 1),
    "rpn_positive_fraction": (0.0, 1.0, 0.01),
    "box_fg_iou_thresh": (0.0, 1.0, 0.01),
    "box_bg_iou_thresh": (0.0, 1.0, 0.01),
    "box_batch_size_per_image": (1, 1024, 1),
    "box_positive_fraction": (0.0, 1.0, 0.01),
    "seed": (0, 1000, 1),
}
"""Of each setting its slider's lowest and highest value and its step; by link it may go further."""


def dial_of(settings: Settings, name: str) -> Dial:
    """A number of the settings as the canvas offers it."""
    (low, high, step), value, told = SLIDERS[name], getattr(settings, name), word(name)
    return Dial(name, told.term, told.plain_hover, value, min(low, value), max(high, value), step)


def turned(settings: Settings, values: Mapping[str, float]) -> dict[str, float]:
    """What dials were turned to, as whole numbers where the settings have such."""
    return {name: type(getattr(settings, name))(value) for name, value in values.items()}
