"""R-CNN, Fast R-CNN and Faster R-CNN on one picture, with one network: what each finds, and where its time goes.

Faster R-CNN is the trace. Fast R-CNN is its second stage on regions from elsewhere. R-CNN sends every region through
backbone and head by itself. All are timed here, once the network is warm.
Shape shorthand: R regions; N of them that were cropped; C classes with background; G ground-truth objects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.selective_search import Regions
from frcnn_viz.pipeline.backbone import extract_features
from frcnn_viz.pipeline.boxes import to_input
from frcnn_viz.pipeline.crops import region_side, warp_region
from frcnn_viz.pipeline.detections import select_detections
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.results import Detections, RoiOutputs
from frcnn_viz.pipeline.rois import refine_rois, run_head
from frcnn_viz.pipeline.trace import Trace

CROPS = 50
"""So many crops are computed and timed unless all are asked for."""
PARTS = {
    "regions": ("anchors", "rpn", "decoded", "proposals"),
    "features": ("input", "features"),
    "head": ("rois", "detections"),
}
"""What the trace's stages are to a member of the family."""
T = TypeVar("T")


@dataclass(frozen=True)
class Published:
    """What a paper says of VGG-16 on VOC 2007's test pictures, on a K40 GPU, selective search on a CPU.

    Attributes:
        ms: for one picture. mAP: in percent, trained on VOC 2007. source: where both are from.
        parts: milliseconds of regions, features and head, where it says them.
    """

    ms: float
    mAP: float
    source: str
    parts: tuple[float, float, float] | None = None


PUBLISHED = {
    "rcnn": Published(47_000, 66.0, "Girshick et al., 2014; the time is of Girshick, 2015"),
    "fast": Published(1_830, 66.9, "Girshick, 2015; the times are of Ren et al., 2015", (1_510, 146, 174)),
    "faster": Published(198, 69.9, "Ren et al., 2015", (10, 141, 47)),
}
"""R-CNN's time leaves out selective search, Fast R-CNN's has it."""


@dataclass(frozen=True)
class Times:
    """Milliseconds for one picture.

    Attributes:
        regions: to find them. features: to make feature maps. head: to pool, classify, move and filter.
        of_crops: from so many crops the last two are extrapolated to all regions; 0 where they were measured whole.
    """

    regions: float
    features: float
    head: float
    of_crops: int = 0

    @property
    def total(self) -> float:
        """All three."""
        return self.regions + self.features + self.head


@dataclass(frozen=True, eq=False)
class Way:
    """What one member of the family made of the picture.

    Attributes:
        name: `rcnn`, `fast` or `faster`.
        regions_in_image: float32 [R, 4], in the order in which they were found.
        computed: how many of them, the first, went through the head.
        detections: from those. times: for all regions.
    """

    name: str
    regions_in_image: Tensor
    computed: int
    detections: Detections
    times: Times


@dataclass(frozen=True, eq=False)
class Crops:
    """What the head said of the first N regions, each cropped and sent through the network by itself.

    Attributes:
        side: pixels a side to which each was warped, without what is around it.
        class_logits: float32 [N, C]. box_regression: float32 [N, C * 4], which move the region.
        features_ms: to warp them all and run the backbone. head_ms: to pool and run the head.
    """

    side: int
    class_logits: Tensor
    box_regression: Tensor
    features_ms: float
    head_ms: float

    def __len__(self) -> int:
        return len(self.class_logits)


def faster_rcnn(trace: Trace, ms: dict[str, float]) -> Way:
    """The trace, with the times of `time_stages`."""
    boxes = trace.input.boxes_in_image(trace.proposals.boxes)
    return Way("faster", boxes, len(boxes), trace.detections, Times(**ms))


def fast_rcnn(trace: Trace, regions: Regions, ms: dict[str, float]) -> Way:
    """The same feature maps and the same head on selective search's regions."""
    boxes = _in_input(trace, regions)
    found, head = _timed(trace, lambda: detect_in(trace, boxes))
    return Way("fast", regions.boxes_in_image, len(regions), found, Times(regions.ms, ms["features"], head))


def rcnn(trace: Trace, regions: Regions, crops: Crops) -> Way:
    """What was found in the regions that were cropped, and what all of them would take."""
    boxes = _in_input(trace, regions)[: len(crops)]

    def detect() -> Detections:
        size = trace.input.input_size
        return _select(trace, refine_rois(trace.model, boxes, crops.class_logits, crops.box_regression, size))

    found, last = _timed(trace, detect)
    share = len(regions) / max(len(crops), 1)
    extrapolated = len(crops) if len(crops) < len(regions) else 0
    times = Times(regions.ms, crops.features_ms * share, crops.head_ms * share + last, extrapolated)
    return Way("rcnn", regions.boxes_in_image, len(crops), found, times)


def detect_in(trace: Trace, boxes: Tensor) -> Detections:
    """What the trace's second stage finds in any regions `boxes` [R, 4] of the input frame, at the trace's settings.

    On the trace's own proposals its boxes, labels and scores equal those of a trace that has not run before.
    """
    size = trace.input.input_size
    outputs = run_head(trace.model, trace.features, boxes, size)
    return _select(trace, refine_rois(trace.model, boxes, *outputs, size))


def crop_regions(trace: Trace, regions: Regions, crops: Crops | None, more: int) -> Crops:
    """`crops` with the next regions added, at most so many; without any, begin, and warm the network first."""
    model, nothing = trace.model, _in_input(trace, regions)[:0]
    if crops is None:
        side = region_side(model, trace.features)
        crops = Crops(side, *run_head(model, trace.features, nothing, trace.input.input_size), 0.0, 0.0)
        for box in regions.boxes_in_image[:1]:
            _crop(trace, box, side)
    logits, regression = [crops.class_logits], [crops.box_regression]
    features_ms, head_ms = crops.features_ms, crops.head_ms
    for box in regions.boxes_in_image[len(crops) : len(crops) + more]:
        outputs, of_features, of_head = _crop(trace, box, crops.side)
        logits.append(outputs[0])
        regression.append(outputs[1])
        features_ms, head_ms = features_ms + of_features, head_ms + of_head
    with torch.inference_mode():
        return Crops(crops.side, torch.cat(logits), torch.cat(regression), features_ms, head_ms)


def time_stages(trace: Trace) -> dict[str, float]:
    """Milliseconds of each of `PARTS`: the trace's stages run anew, with nothing remembered, once they ran before."""
    _ = trace.detections
    again = Trace(trace.model, trace.source, trace.settings)
    ms = {stage.name: stage.ms for stage in again.stages}
    return {part: sum(ms[stage] for stage in stages) for part, stages in PARTS.items()}


def recall_by_count(truth: Tensor, regions: Tensor, iou_thresh: float) -> Tensor:
    """The part of `truth` [G, 4] that one of the first 1, 2 ... R of `regions` [R, 4] is on: float32 [R].

    On is by an IoU of at least `iou_thresh`; both are in one frame.
    """
    on = box_iou(truth, regions) >= iou_thresh
    return on.to(torch.uint8).cummax(dim=1).values.float().mean(dim=0)


def _crop(trace: Trace, box_in_image: Tensor, side: int) -> tuple[tuple[Tensor, Tensor], float, float]:
    """The head's outputs for one region, and milliseconds of features and head."""
    model = trace.model

    def features() -> tuple:
        crop_input, roi = warp_region(model, trace.source, box_in_image, side)
        return extract_features(model, crop_input), roi, crop_input.input_size

    made, features_ms = _timed(trace, features)
    outputs, head_ms = _timed(trace, lambda: run_head(model, *made))
    return outputs, features_ms, head_ms


def _select(trace: Trace, rois: RoiOutputs) -> Detections:
    s = trace.settings
    return select_detections(
        rois,
        trace.input,
        score_thresh=s.box_score_thresh,
        nms_thresh=s.box_nms_thresh,
        detections_per_img=s.box_detections_per_img,
    )


def _in_input(trace: Trace, regions: Regions) -> Tensor:
    data = trace.input
    return to_input(regions.boxes_in_image.to(trace.device), data.image_size, data.input_size)


def _timed(trace: Trace, compute: Callable[[], T]) -> tuple[T, float]:
    """A result and its milliseconds, in turn with whatever else works on the device."""
    once = Memory(0).recall("once", compute, trace.device)  # which holds nothing
    return once.value, once.ms
