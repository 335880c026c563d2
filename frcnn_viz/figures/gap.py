"""A gap in pictures and numbers: an object in the last frame in which it is found, and in the first without it."""

from __future__ import annotations

import torch

from frcnn_viz.analysis.sightings import Box, Sighting
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.autopsy import name_of
from frcnn_viz.figures.palette import ANCHOR, CELL_NAMES, DASHED, DOTTED, GREEN, GROUND_TRUTH, ORANGE
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.words import word


def gap_layers(one: Sighting, trace: Trace) -> list[BoxLayer]:
    """The object, the anchor that overlaps it best, who suppressed its box, and the detection that counts for it."""
    anchor = trace.input.boxes_in_image(trace.anchors.boxes[one.anchor][None])[0]
    boxes = {
        "anchor": (tuple(anchor.tolist()), ANCHOR, DOTTED),
        "suppressor": (one.suppressor and one.suppressor.box, ORANGE, DASHED),
        "found": (one.find and one.find.box, GREEN, None),
        "object": (one.box, GROUND_TRUTH, None),
    }
    return [_layer(name, *parts) for name, parts in boxes.items() if parts[0] is not None]


def _layer(name: str, box: Box, colour: str, dash: tuple[float, float] | None) -> BoxLayer:
    legend = [(word(f"gap.of_{name}").term, colour)]
    return BoxLayer(name, torch.tensor([box]), legend, width=2.5, dashes={} if dash is None else {0: dash})


def gap_numbers(before: Sighting, lost: Sighting) -> list[dict[str, str]]:
    """The numbers of both frames, a line each; empty where something was not measured, since no such box is there."""
    first, second = word("gap.before").term, word("gap.lost").term
    values = zip(_numbers(before).items(), _numbers(lost).values(), strict=True)
    return [{word("gap.number").term: word(key).term, first: a, second: b} for (key, a), b in values]


def _numbers(one: Sighting) -> dict[str, str]:
    def fraction(value: float | None) -> str:
        return "" if value is None else f"{value:.3f}"

    by = one.suppressor
    return {
        "gap.reached": CELL_NAMES[one.cell],
        "gap.verdict": name_of(one.verdict),
        "gap.anchor_iou": fraction(one.iou("anchors")),
        "gap.objectness": fraction(one.objectness),
        "gap.rank": "" if one.rank is None else f"{one.rank:,}",
        "gap.proposal_iou": fraction(one.iou("limit on proposals")),
        "gap.refined_iou": fraction(one.iou("refined")),
        "gap.score": fraction(one.score),
        "gap.background": fraction(one.background),
        "gap.rival": "" if one.rival is None else f"{one.rival[0]} {one.rival[1]:.3f}",
        "gap.suppressor": "" if by is None else f"{by.identity or by.name or ''} {by.score:.3f}, IoU {by.iou:.3f}",
        "gap.detection": "" if one.find is None else f"{one.find.score:.3f}, IoU {one.find.iou:.3f}",
    }
