"""Anchors on the image, and the training side's view of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import DASHED, DOTTED, GREY, REASON_NAMES, REASONS, SELECTED, level_colour
from frcnn_viz.pipeline.boxes import are_inside
from frcnn_viz.pipeline.matching import AnchorMatches, AnchorSample, MatchReason
from frcnn_viz.pipeline.results import AnchorGrid, NetworkInput
from frcnn_viz.words import word


def cell_origins(grid: AnchorGrid, level: int, network_input: NetworkInput) -> Tensor:
    """Where each cell's anchors are centred (torchvision: the cell's corner), image pixels: [rows * columns, 2]."""
    (rows, columns), (stride_y, stride_x) = grid.grid_sizes[level], grid.strides[level]
    ys, xs = torch.meshgrid(torch.arange(rows) * stride_y, torch.arange(columns) * stride_x, indexing="ij")
    down, across = network_input.scale
    return torch.stack([xs.flatten() / across, ys.flatten() / down], dim=1)


def cell_at(grid: AnchorGrid, level: int, point: tuple[float, float], network_input: NetworkInput) -> tuple[int, int]:
    """Row and column of the cell whose origin is nearest to a point (x, y) of the image."""
    (rows, columns), (stride_y, stride_x) = grid.grid_sizes[level], grid.strides[level]
    (down, across), (x, y) = network_input.scale, point
    row, column = round(y * down / stride_y), round(x * across / stride_x)
    return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)


def level_layer(grid: AnchorGrid, level: int, network_input: NetworkInput, visible: bool) -> BoxLayer:
    """All anchors of a level, parted by whether they leave the image."""
    start, count = grid.offsets[level], grid.counts[level]
    boxes = grid.boxes[start : start + count]
    inside = are_inside(boxes, network_input.input_size)
    return BoxLayer(
        name="anchors of the level",
        boxes_in_image=network_input.boxes_in_image(boxes),
        legend=[(word("canvas.anchor_inside").term, level_colour(level)), (word("canvas.anchor_outside").term, GREY)],
        groups=(~inside).to(torch.uint8),
        ids=torch.arange(start, start + count),
        visible=visible,
        width=1.0,
    )


def cell_layer(grid: AnchorGrid, level: int, row: int, column: int, network_input: NetworkInput) -> BoxLayer:
    """One cell's anchors, labelled with size and ratio."""
    cell = grid.of_cell(level, row, column)
    return BoxLayer(
        name="anchors of the cell",
        boxes_in_image=network_input.boxes_in_image(grid.boxes[cell.start : cell.stop]),
        legend=[(word("canvas.anchor_cell").term, SELECTED)],
        ids=torch.arange(cell.start, cell.stop),
        kind="anchor",
        labels=[f"{size:g}, {ratio:g}" for size, ratio in grid.shapes[level]],
        width=2.0,
    )


def shape_table(grid: AnchorGrid, level: int) -> list[dict[str, float]]:
    """Size, ratio, and the rounded width and height torchvision really uses, input pixels."""
    cell = grid.of_cell(level, 0, 0)
    boxes = grid.boxes[cell.start : cell.stop].tolist()
    names = [word(f"number.{name}").term for name in ("size", "ratio", "width", "height")]
    return [
        dict(zip(names, (size, ratio, x1 - x0, y1 - y0), strict=True))
        for (size, ratio), (x0, y0, x1, y1) in zip(grid.shapes[level], boxes, strict=True)
    ]


_ORDER = [
    MatchReason.POSITIVE,
    MatchReason.POSITIVE_BEST_MATCH,
    MatchReason.IGNORED,
    MatchReason.NEGATIVE,
    MatchReason.OUTSIDE,
]


def match_layer(
    grid: AnchorGrid, matches: AnchorMatches, chosen: Tensor, name: str, network_input: NetworkInput
) -> BoxLayer:
    """The anchors `chosen` (indices [N]), coloured by why they have their label."""
    place = torch.zeros(len(MatchReason), dtype=torch.uint8)
    for group, reason in enumerate(_ORDER):
        place[reason] = group
    chosen = chosen.cpu()
    return BoxLayer(
        name=name,
        boxes_in_image=network_input.boxes_in_image(grid.boxes[chosen.to(grid.boxes.device)]),
        legend=[(REASON_NAMES[reason], REASONS[reason]) for reason in _ORDER],
        groups=place[matches.reason.cpu()[chosen].long()],
        ids=chosen,
        kind="anchor",
        columns={
            word("number.best_iou").term: matches.iou.cpu()[chosen],
            "object": matches.object.cpu()[chosen],
            "level": grid.levels.cpu()[chosen],
        },
        width=1.5,
        dashes={_ORDER.index(MatchReason.NEGATIVE): DASHED, _ORDER.index(MatchReason.IGNORED): DOTTED},
    )


def object_table(
    matches: AnchorMatches, names: Sequence[str], ignored: Sequence[bool], fg_iou_thresh: float
) -> list[dict[str, object]]:
    """For each object that is a target, how well the anchors serve it."""
    rows = zip(names, matches.best_iou_of_object.tolist(), matches.positives_of_object.tolist(), ignored, strict=True)
    return [
        {
            "object": index,
            "class": name,
            word("number.best_iou").term: best,
            word("number.positives").term: positives,
            word("number.alarm").term: "" if best >= fg_iou_thresh else "best match only",
        }
        for index, (name, best, positives, left_out) in enumerate(rows)
        if not left_out
    ]


def sample_roles(sample: AnchorSample) -> Tensor:
    """The indices of the mini-batch: positives, then negatives."""
    return torch.cat([sample.positive, sample.negative])
