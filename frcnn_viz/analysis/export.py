"""The boxes of any stage as a table: for CSV, or as COCO results that pycocotools reads, with masks where there are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from pycocotools import mask as coco_mask
from torch import Tensor

from frcnn_viz.pipeline.masks import Masks
from frcnn_viz.pipeline.results import Fate, flatten_candidates
from frcnn_viz.pipeline.trace import Trace

BOX_STAGES = {
    "anchors": "all anchors",
    "candidates": "RPN candidates",
    "proposals": "proposals",
    "rois": "refined boxes, every proposal and class",
    "detections": "detections",
}


@dataclass(frozen=True, eq=False)
class StageBoxes:
    """N boxes of a stage.

    Attributes:
        boxes_in_image: float32 [N, 4] xyxy.
        scores: float32 [N]: objectness probability before the second stage, class probability from there.
        labels: int64 [N]; None before the second stage, which alone knows classes.
        columns: whole numbers [N] by name, such as the anchor a proposal came from.
        fates: names [N]; None where the stage filters nothing.
        masks: of each box; None where the stage or the detector has none.
    """

    boxes_in_image: Tensor
    scores: Tensor
    labels: Tensor | None = None
    columns: Mapping[str, Tensor] = field(default_factory=dict)
    fates: Sequence[str] | None = None
    masks: Masks | None = None


def stage_boxes(trace: Trace, stage: str) -> StageBoxes:
    """All boxes of a stage of `BOX_STAGES`, in the pipeline's order."""
    to_image = trace.input.boxes_in_image
    first, last = trace.proposals, trace.detections
    if stage == "anchors":
        columns = {"level": trace.anchors.levels}
        fates = _names(first.anchor_fate)
        return StageBoxes(to_image(trace.anchors.boxes), trace.rpn.objectness.sigmoid(), None, columns, fates)
    if stage == "candidates":
        columns = {"anchor": first.anchor, "level": first.level, "suppressor": first.suppressor}
        return StageBoxes(to_image(first.candidates), first.scores, None, columns, _names(first.fate))
    if stage == "proposals":
        columns = {"anchor": first.anchor[first.kept], "level": first.level[first.kept], "candidate": first.kept}
        return StageBoxes(to_image(first.boxes), first.scores[first.kept], None, columns)
    if stage == "rois":
        boxes, scores, labels = flatten_candidates(trace.rois)
        proposal, _ = last.roi_and_label(torch.arange(len(labels), device=labels.device))
        columns = {"proposal": proposal, "suppressor": last.suppressor}
        return StageBoxes(to_image(boxes), scores, labels, columns, _names(last.fate))
    columns = {"proposal": last.roi, "anchor": first.anchor[first.kept][last.roi]}
    return StageBoxes(last.boxes_in_image, last.scores, last.labels, columns, masks=trace.masks)


def as_csv(boxes: StageBoxes, classes: Sequence[str]) -> str:
    """One row a box, with a header; coordinates as float32 writes them."""
    names = ["index", "x0", "y0", "x1", "y1", "score"]
    rows: list[list] = [list(range(len(boxes.scores))), *boxes.boxes_in_image.T.tolist(), boxes.scores.tolist()]
    if boxes.labels is not None:
        names.append("class")
        rows.append([classes[label] for label in boxes.labels.tolist()])
    for name, values in boxes.columns.items():
        names.append(name)
        rows.append(values.tolist())
    if boxes.fates is not None:
        names.append("fate")
        rows.append(list(boxes.fates))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*rows, strict=True))
    return text.getvalue()


def as_coco_results(boxes: StageBoxes, image_id: int, category_ids: Mapping[int, int]) -> str:
    """What `COCO.loadRes` reads: one entry a box, [x, y, width, height] in pixels of the image.

    A box that has a mask has its `segmentation` too, as run lengths: the pixels of the image where it is likelier than
    not, as torchvision's reference evaluation takes them.

    Args:
        boxes: of a stage. Before the second stage there are no classes: the category is then 1.
        image_id: of the image.
        category_ids: by label; a box of a label that has none is left out.
    """
    labels = [None] * len(boxes.scores) if boxes.labels is None else boxes.labels.tolist()
    rows = []
    for index, ((x0, y0, x1, y1), score, label) in enumerate(
        zip(boxes.boxes_in_image.tolist(), boxes.scores.tolist(), labels, strict=True)
    ):
        category = 1 if label is None else category_ids.get(label)
        if category is not None:
            row = {"image_id": image_id, "category_id": category, "bbox": [x0, y0, x1 - x0, y1 - y0], "score": score}
            rows.append(row | ({"segmentation": run_lengths(boxes.masks, index)} if boxes.masks else {}))
    return json.dumps(rows)


def run_lengths(masks: Masks, row: int) -> dict:
    """One detection's mask as COCO's compressed run lengths: `size` [height, width], `counts` as ASCII text."""
    inside = (masks.in_image([row])[0, 0] > 0.5).cpu().numpy()
    encoded = coco_mask.encode(np.asfortranarray(inside, np.uint8))
    return {"size": encoded["size"], "counts": encoded["counts"].decode("ascii")}


def _names(fates: Tensor) -> list[str]:
    names = [fate.name.lower() for fate in Fate]
    return [names[fate] for fate in fates.tolist()]
