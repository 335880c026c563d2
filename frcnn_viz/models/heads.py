"""A detector whose second stage knows other classes: torchvision's `FastRCNNPredictor`, swapped as tutorials do."""

from __future__ import annotations

import threading
from dataclasses import replace
from weakref import WeakKeyDictionary

import torch
from torch import nn
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor

from frcnn_viz.models.entry import BACKGROUND
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.configure import with_module


def with_new_head(detector: Detector, classes: tuple[str, ...], seed: int = 0) -> Detector:
    """The same detector with an untrained box predictor for `classes` (the background is added).

    Backbone, RPN and box head are shared, not copied; the given detector is not changed. The same arguments give the
    same object, so that a trace's memory serves it too, for as long as the given detector is there.
    """
    with _LOCK:
        made = _MADE.setdefault(detector.model, {})
        if (classes, seed) not in made:
            if len(made) >= MOST:
                made.pop(next(iter(made)))
            made[classes, seed] = _swap(detector, classes, seed)
        return made[classes, seed]


def _swap(detector: Detector, classes: tuple[str, ...], seed: int) -> Detector:
    features = detector.model.roi_heads.box_predictor.cls_score.in_features
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False):
        torch.default_generator.manual_seed(seed)
        predictor = FastRCNNPredictor(features, 1 + len(classes))
    predictor.eval().requires_grad_(False).to(detector.device)
    heads = with_module(detector.model.roi_heads, "box_predictor", predictor)
    return replace(
        detector,
        model=with_module(detector.model, "roi_heads", heads),
        classes=(BACKGROUND, *classes),
        note=f"{detector.title}, with an untrained head for {len(classes)} classes of yours.",
        warning="Its head is untrained: what it finds means nothing.",
    )


MOST = 16
"""Of one detector."""
_LOCK = threading.Lock()
_MADE: WeakKeyDictionary[nn.Module, dict[tuple[tuple[str, ...], int], Detector]] = WeakKeyDictionary()
