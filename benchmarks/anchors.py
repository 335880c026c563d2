"""Matching, recall and the search, at the sizes they are used at."""

from __future__ import annotations

import time

import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection._utils import Matcher
from torchvision.ops import box_iou

from benchmarks.measure import Row, medians
from frcnn_viz.analysis.anchor_fit import place_objects
from frcnn_viz.analysis.anchor_report import report
from frcnn_viz.analysis.anchor_search import search
from frcnn_viz.pipeline.matching import match_anchors
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace

IMAGES, PER_IMAGE = 292, 14
RECALL_MS, SEARCH_MS = 1_000.0, 60_000.0


def anchor_rows(name: str, model: FasterRCNN, image: Tensor, repeats: int) -> list[Row]:
    """All anchors of one image against 50 objects; recall of 292 images of 14 objects after a slider moved."""
    settings = Settings.of(model)
    anchors = Trace(model, image).anchors.boxes
    truth = random_boxes(50, 800, 1066)
    matcher = Matcher(settings.rpn_fg_iou_thresh, settings.rpn_bg_iou_thresh, allow_low_quality_matches=True)
    thresholds = {"fg_iou_thresh": settings.rpn_fg_iou_thresh, "bg_iou_thresh": settings.rpn_bg_iou_thresh}
    boxes = torch.cat([random_boxes(PER_IMAGE, 480, 640, seed) for seed in range(IMAGES)])
    index = torch.arange(IMAGES).repeat_interleave(PER_IMAGE)
    sizes = tuple((level[0] + 1.0,) for level in settings.anchor_sizes)

    def placed() -> object:
        resize = {"min_size": settings.min_size, "max_size": settings.max_size}
        return place_objects(model, boxes, ["thing"] * len(boxes), index, [(480, 640)] * IMAGES, **resize)

    tasks = {
        "matching": lambda: lambda: match_anchors(anchors, truth, **thresholds),
        "torchvision": lambda: lambda: matcher(box_iou(truth, anchors)),
        "recall": lambda: lambda: report(placed(), sizes, settings.aspect_ratios),
    }
    times = medians(tasks, repeats)
    start = time.perf_counter()
    search(placed(), settings.anchor_sizes, settings.aspect_ratios, "recall_70")
    searched = (time.perf_counter() - start) * 1000
    what = f"matching {len(anchors):,} anchors and 50 objects, over box_iou + Matcher"
    return [
        Row(what, name, times["matching"], times["torchvision"], 1.5),
        Row(f"recall of {IMAGES} images after a slider move, of 1 s", name, times["recall"], RECALL_MS, 1.0),
        Row(f"search on {IMAGES} images, of 60 s", name, searched, SEARCH_MS, 1.0),
    ]


def random_boxes(count: int, height: int, width: int, seed: int = 0) -> Tensor:
    """Boxes [count, 4] of 2 to 40 % of the sides, inside the image."""
    generator = torch.Generator().manual_seed(seed)
    size = torch.tensor([width, height])
    sides = (0.02 + 0.38 * torch.rand(count, 2, generator=generator)) * size
    corner = torch.rand(count, 2, generator=generator) * (size - sides)
    return torch.cat([corner, corner + sides], dim=1)
