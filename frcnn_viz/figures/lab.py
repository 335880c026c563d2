"""Anchors before and after a change: figures, tables, and the objects with their best anchors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from frcnn_viz.analysis.anchor_fit import Fit, ObjectsOnGrids
from frcnn_viz.analysis.anchor_report import Row
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import ORANGE, REASON_NAMES, REASONS
from frcnn_viz.pipeline.matching import MatchReason
from frcnn_viz.pipeline.results import NetworkInput
from frcnn_viz.training.refit import CONTROL, OLD, OWN, REFITTED, Report
from frcnn_viz.words import word

BEST_ANCHOR, OBJECT = "best anchor", "object"
"""Layers of the objects' picture."""
PRESETS = {
    "torchvision, five levels: 32 to 512": ((32.0,), (64.0,), (128.0,), (256.0,), (512.0,)),
    "the paper, one level: 128, 256, 512": ((128.0, 256.0, 512.0),),
    "MobileNet tutorial, one level: 32, 64, 128": ((32.0, 64.0, 128.0),),
}
"""Sizes per level; offered where the number of levels is the detector's."""


def comparison(before: Sequence[Row], after: Sequence[Row]) -> list[dict[str, object]]:
    """Both reports, group by group; sizes after the resize may move an object to another band."""
    then = {row.name: row for row in before}
    return [
        {
            word("lab.group").term: row.name,
            word("lab.objects").term: row.objects,
            word("lab.recall_50").term: _step(then[row.name].recall_50, row.recall_50),
            word("lab.recall_70").term: _step(then[row.name].recall_70, row.recall_70),
            word("lab.mean_iou").term: _step(then[row.name].mean_iou, row.mean_iou),
            word("lab.positives").term: _step(then[row.name].positives, row.positives, 1),
            word("lab.without").term: f"{then[row.name].without:,} → {row.without:,}",
        }
        for row in after
    ]


def reason_of(fit: Fit, fg_iou_thresh: float) -> list[MatchReason]:
    """How each object's best anchor becomes positive."""
    enough = (fit.iou >= fg_iou_thresh).tolist()
    return [MatchReason.POSITIVE if good else MatchReason.POSITIVE_BEST_MATCH for good in enough]


def object_layers(
    boxes_in_image: torch.Tensor, names: Sequence[str], fit: Fit, fg_iou_thresh: float, network_input: NetworkInput
) -> list[BoxLayer]:
    """Each object and its best anchor, by how that becomes positive."""
    groups = (fit.iou < fg_iou_thresh).to(torch.uint8)
    enough, best_only = MatchReason.POSITIVE, MatchReason.POSITIVE_BEST_MATCH
    legend = [
        (f"{REASON_NAMES[enough]} (IoU ≥ {fg_iou_thresh:g})", REASONS[enough]),
        (REASON_NAMES[best_only], REASONS[best_only]),
    ]
    return [
        BoxLayer(
            BEST_ANCHOR,
            network_input.boxes_in_image(fit.anchors),
            [(word("canvas.best_anchor").term, ORANGE)],
            columns={"IoU": fit.iou, "level": fit.level},
            width=1.5,
        ),
        BoxLayer(
            OBJECT,
            boxes_in_image,
            legend,
            groups,
            columns={word("number.best_iou").term: fit.iou},
            labels=[f"{name} {iou:.2f}" for name, iou in zip(names, fit.iou.tolist(), strict=True)],
            width=2.5,
        ),
    ]


def object_rows(
    numbers: Sequence[int],
    names: Sequence[str],
    sizes: torch.Tensor,
    fit: Fit,
    fg_iou_thresh: float,
    level_names: Sequence[str],
) -> list[dict[str, object]]:
    """One line an object: its number in the image, its size for the network, its best anchor, its label's reason."""
    best = (sizes.tolist(), fit.iou.tolist(), fit.level.tolist(), reason_of(fit, fg_iou_thresh))
    return [
        {
            "object": number,
            "class": name,
            word("lab.size").term: size,
            word("number.best_iou").term: iou,
            "level": level_names[level],
            "label": f"IoU ≥ {fg_iou_thresh:g}" if reason is MatchReason.POSITIVE else "best match only",
        }
        for number, name, size, iou, level, reason in zip(numbers, names, *best, strict=True)
    ]


def refit_rows(report: Report) -> list[dict[str, object]]:
    """A row for each arm of a refit; what is not measured has no figures."""
    recall, ap = word("refit.recall").term, word("refit.ap").term
    found = []
    for arm in (OWN, OLD, REFITTED, CONTROL):
        figures = report.figures.get(arm)
        more = {recall: figures.recall, ap: figures.ap} if figures else {recall: None, ap: None}
        found.append({"with": word(f"refit.{arm}").term, **more})
    return found


def objects_in_browser(objects: ObjectsOnGrids) -> dict[str, np.ndarray]:
    """What `canvas/anchor_fit.js` fits anchors to: boxes, and the grids of each kind of image once.

    Images of one size have one grid a level, so 4,000 objects take 16 kB of kinds beside 64 kB of boxes.

    Returns:
        `boxes`: float32 [N, 4], input frame. `kind`: int32 [N]. `grids`: int32 [kinds, L, 4], of each level horizontal
        and vertical stride, columns and rows.
    """
    places = torch.cat([objects.strides.flip(2), objects.grids.flip(2)], dim=2)
    grids, kind = places.unique(dim=0, return_inverse=True) if len(objects) else (places, places[:, 0, 0])
    arrays = {"boxes": (objects.boxes, "<f4"), "kind": (kind, "<i4"), "grids": (grids, "<i4")}
    return {name: values.numpy().astype(dtype) for name, (values, dtype) in arrays.items()}


def _step(before: float, after: float, digits: int = 3) -> str:
    return " → ".join("none" if value != value else f"{value:.{digits}f}" for value in (before, after))
