"""Is the trace what `model([image])` returns? Measured, not promised."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from frcnn_viz.pipeline.trace import Trace


@dataclass(frozen=True)
class Difference:
    """The largest differences between a trace's detections and those of `model([image])`.

    Attributes:
        count: detections in the trace minus detections of the model.
        boxes: pixels of the user's image; infinite when the counts differ.
        scores: probability; infinite when the counts differ.
        labels: detections with another label; all of them when the counts differ.
    """

    count: int
    boxes: float
    scores: float
    labels: int

    @property
    def is_zero(self) -> bool:
        """Whether the two are equal, bit for bit."""
        return self.count == 0 and self.boxes == 0 and self.scores == 0 and self.labels == 0


def compare_with_model(trace: Trace) -> Difference:
    """Run `model([image])` as torchvision does and compare; meaningful at the model's own settings.

    The device of the model is used, so on a GPU small differences of rounding may appear.
    """
    found = trace.detections
    with torch.inference_mode():
        expected = trace.model([trace.image.to(found.scores.device)])[0]
    count = len(found) - len(expected["boxes"])
    if count:
        return Difference(count, float("inf"), float("inf"), max(len(found), len(expected["boxes"])))
    if not len(found):
        return Difference(0, 0.0, 0.0, 0)
    return Difference(
        count=0,
        boxes=(found.boxes_in_image - expected["boxes"]).abs().max().item(),
        scores=(found.scores - expected["scores"]).abs().max().item(),
        labels=int((found.labels != expected["labels"]).sum()),
    )
