"""A map of why a score is what it is, beside a plain backward pass."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from benchmarks.measure import Row, medians
from frcnn_viz.analysis.attribution import Kind, Target, gradient_times_input
from frcnn_viz.pipeline.trace import Trace


def map_rows(name: str, model: FasterRCNN, image: Tensor, repeats: int) -> list[Row]:
    """One map, with its pass forward, within three passes backward from `model([image])`'s scores to the pixels."""
    trace = Trace(model, image)
    label = int(trace.rois.scores[0, 1:].argmax()) + 1

    def backward() -> Callable[[], object]:
        pixels = image.clone().requires_grad_()
        scores = model([pixels])[0]["scores"].sum()
        return lambda: torch.autograd.grad(scores, pixels)

    def explain() -> Callable[[], object]:
        return lambda: gradient_times_input(trace, Target(Kind.LOGIT, 0, label))

    ms = medians({"backward": backward, "map": explain}, repeats)
    return [Row("map of gradient x input, over a pass backward", name, ms["map"], ms["backward"], 3.0)]
