"""The IoU of each object of an image with every stage's boxes, and who is found: measured once, whoever asks first.

All is measured in the user's image, as `outcomes.judge` does, on the trace's device.
Shape shorthand: G ground-truth objects; A anchors; K candidates; P proposals; D detections.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from frcnn_viz.analysis.outcomes import Outcomes, judge
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.pipeline.boxes import Sides, clip_sides, sides_to_image
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.pipeline.trace import Trace


class Overlaps:
    """Tables of IoU.

    Attributes:
        trace: of the image.
        boxes_in_image: float32 [G, 4], the objects. labels: int64 [G], `outcomes.UNKNOWN` for such a class. Both are
            on the trace's device.
    """

    def __init__(
        self,
        trace: Trace,
        boxes_in_image: Tensor,
        labels: Tensor,
        crowd: Tensor | None = None,
        difficult: Tensor | None = None,
    ) -> None:
        """Prepare the tables; nothing is measured yet.

        Args:
            trace: of the image.
            boxes_in_image: [G, 4], the objects, on any device.
            labels: [G], likewise.
            crowd: bool [G], as `judge` takes it.
            difficult: bool [G], likewise.
        """
        self.trace = trace
        self.boxes_in_image = boxes_in_image.to(trace.device, torch.float32)
        self.labels = labels.to(trace.device)
        self._flags = crowd, difficult
        self._judged: dict[float, Outcomes] = {}

    @classmethod
    def of_truth(cls, trace: Trace, truth: GroundTruth, classes: Sequence[str]) -> Overlaps:
        """Of the objects of a picture with their flags; `classes` are the detector's, by label."""
        return cls(trace, truth.boxes_in_image, truth.labels_in(classes), truth.crowd, truth.difficult)

    def judged(self, iou_thresh: float) -> Outcomes:
        """Which detection finds which object, by `judge` at this overlap."""
        if iou_thresh not in self._judged:
            found = self.trace.detections
            parts = found.boxes_in_image, found.labels, self.boxes_in_image, self.labels
            self._judged[iou_thresh] = judge(*parts, iou_thresh, *self._flags, overlaps=self.detections.T)
        return self._judged[iou_thresh]

    def of(self, boxes: Tensor) -> Tensor:
        """With any `boxes` [N, 4] of the input frame, or with each object's own [G, N, 4]: float32 [G, N]."""
        return self._of_sides(boxes.unbind(dim=-1))

    def _of_sides(self, sides: Sides) -> Tensor:
        seen = self.trace.input
        with torch.inference_mode():
            return iou_table(self.boxes_in_image, sides_to_image(sides, seen.input_size, seen.image_size))

    @cached_property
    def anchors(self) -> Tensor:
        """With every anchor: float32 [G, A]."""
        return self.of(self.trace.anchors.boxes)

    @cached_property
    def moved(self) -> Tensor:
        """With every anchor as the RPN moved it, clipped: float32 [G, A]."""
        return self._of_sides(clip_sides(self.trace.decoded.unbind(dim=1), self.trace.input.input_size))

    @cached_property
    def candidates(self) -> Tensor:
        """With every candidate of the RPN: float32 [G, K]."""
        return self.of(self.trace.proposals.candidates)

    @cached_property
    def refined(self) -> Tensor:
        """With every proposal refined as the object's class is, for an unknown class as background: float32 [G, P]."""
        return self.of(self.trace.rois.boxes[:, self.labels.clamp(min=0)].transpose(0, 1))

    @cached_property
    def detections(self) -> Tensor:
        """With every detection: float32 [G, D]."""
        return self.of(self.trace.detections.boxes)


def iou_table(truth: Tensor, sides: Sides) -> Tensor:
    """Exactly `box_iou(truth, boxes)`, float32 [G, N], in a third of its time.

    The boxes' sides are [N] each, or [G, N] where each of `truth` [G, 4] has its own boxes.
    """
    x0, y0, x1, y1 = (side.contiguous() for side in sides)
    left, top, right, bottom = (side[:, None] for side in truth.unbind(dim=1))
    width = torch.minimum(x1, right).sub_(torch.maximum(x0, left)).clamp_(min=0)
    height = torch.minimum(y1, bottom).sub_(torch.maximum(y0, top)).clamp_(min=0)
    shared = width.mul_(height)
    union = ((right - left) * (bottom - top) + (x1 - x0) * (y1 - y0)).sub_(shared)
    return shared.div_(union)
