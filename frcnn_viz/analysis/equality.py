"""Is the trace what `model([image])` returns? Measured, not promised."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from frcnn_viz.pipeline.configure import configured
from frcnn_viz.pipeline.trace import Trace


@dataclass(frozen=True)
class Difference:
    """The largest differences between a trace's detections and those of `model([image])`.

    Attributes:
        count: detections in the trace minus detections of the model.
        boxes: pixels of the user's image; infinite when the counts differ.
        scores: probability; infinite when the counts differ.
        labels: detections with another label; all of them when the counts differ.
        masks: probability, over all pixels. keypoints: pixels and logits. Both 0 where the model has none.
    """

    count: int
    boxes: float
    scores: float
    labels: int
    masks: float = 0.0
    keypoints: float = 0.0

    @property
    def is_zero(self) -> bool:
        """Whether the two are equal, bit for bit."""
        return not any((self.count, self.boxes, self.scores, self.labels, self.masks, self.keypoints))

    @property
    def is_rounding(self) -> bool:
        """Whether they differ by no more than the order of sums does: 1e-3 px of a box or point, 1e-5 of a score."""
        return not self.count and not self.labels and self.boxes <= 1e-3 and self.scores <= 1e-5


def compare_with_model(trace: Trace) -> Difference:
    """Run torchvision's `model([image])`, at the trace's settings, and compare.

    The device of the model is used, so on a GPU small differences of rounding may appear. So may they where the trace
    reused what the head had said of a proposal in a batch of another size.
    """
    found = trace.detections
    with torch.inference_mode():
        expected = configured(trace.model, trace.settings)([trace.image.to(found.scores.device)])[0]
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
        masks=_largest((trace.masks.in_image(), expected["masks"])) if trace.masks else 0.0,
        keypoints=_largest(
            (trace.keypoints.points_in_image, expected["keypoints"]),
            (trace.keypoints.scores, expected["keypoints_scores"]),
        )
        if trace.keypoints
        else 0.0,
    )


def _largest(*pairs: tuple[Tensor, Tensor]) -> float:
    return max((mine - theirs).abs().max().item() for mine, theirs in pairs)
