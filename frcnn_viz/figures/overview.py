"""The pipeline at a glance: a thumbnail of each stage's real output, and the funnel."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import torch
from PIL import Image
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.data.images import shrink
from frcnn_viz.figures.palette import ANCHOR, BLUE, FATES, SELECTED, class_colour
from frcnn_viz.figures.rasters import colourise, enlarge, grid, to_uint8, with_boxes
from frcnn_viz.figures.rois import crop
from frcnn_viz.figures.third_head import mask_overlay
from frcnn_viz.pipeline.masks import Masks
from frcnn_viz.pipeline.results import Detections, Fate
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.words import word

SHOWN_PROPOSALS = 60
SIDE = 640
"""Most pixels a side of the pictures that boxes are drawn on."""


def thumbnails(trace: Trace) -> dict[str, tuple[np.ndarray, str]]:
    """For each stage a picture uint8 [h, w, 3] of what it computed, and what the picture shows."""
    whole = to_uint8(trace.source)
    picture = shrink(whole, SIDE)
    scale = torch.tensor([picture.shape[1] / whole.shape[1], picture.shape[0] / whole.shape[0]] * 2)
    finest = next(iter(trace.features.maps.values()))[0]
    anchors = trace.anchors
    level = len(anchors.grid_sizes) // 2
    rows, columns = anchors.grid_sizes[level]
    cell = anchors.of_cell(level, rows // 2, columns // 2)
    objectness = trace.rpn.objectness_maps[0].amax(dim=0).sigmoid()
    proposals = trace.input.boxes_in_image(trace.proposals.boxes[:SHOWN_PROPOSALS])
    found = trace.detections
    line = max(1, max(picture.shape) // 240)

    def drawn(boxes_in_image: Tensor, colours: list[str], width: int = line) -> np.ndarray:
        return with_boxes(picture, boxes_in_image.cpu() * scale, colours, width)

    pictures = {
        "input": (
            to_uint8(trace.input.denormalized(trace.input.resized)),
            "the resized picture, normalisation undone",
        ),
        "features": (
            enlarge(colourise(finest.mean(dim=0)), 240),
            f"mean of {finest.shape[0]} channels, level {trace.features.titles[0]}",
        ),
        "anchors": (
            drawn(trace.input.boxes_in_image(anchors.boxes[cell.start : cell.stop]), [ANCHOR] * len(cell), line + 1),
            f"the anchors of the middle cell, level {trace.features.titles[level]}",
        ),
        "rpn": (
            enlarge(colourise(objectness, 0, 1), 240),
            f"best objectness of each cell, level {trace.features.titles[0]}",
        ),
        "proposals": (
            drawn(proposals, [FATES[Fate.KEPT]] * len(proposals)),
            f"the {len(proposals)} best of {len(trace.proposals):,}",
        ),
        "rois": (_crops(whole, proposals[:9]), "crops of the best nine proposals"),
        "detections": (
            drawn(found.boxes_in_image, [class_colour(label) for label in found.labels.tolist()], line + 1),
            f"all {len(found)}",
        ),
    }
    if trace.masks is not None:
        pictures["masks"] = (_masked(picture, trace.masks), "where each is likelier than not")
    if trace.keypoints is not None:
        points = trace.keypoints.points_in_image[:, :, :2].flatten(0, 1)
        squares = (points.cpu() * scale[:2]).repeat(1, 2) + torch.tensor([-line, -line, line, line])
        pictures["keypoints"] = (with_boxes(picture, squares, [SELECTED] * len(squares), line), "all")
    return pictures


def _masked(picture: np.ndarray, masks: Masks) -> np.ndarray:
    over = Image.fromarray(mask_overlay(masks, range(len(masks)), 0.5)).resize(picture.shape[1::-1])
    return np.asarray(Image.alpha_composite(Image.fromarray(picture).convert("RGBA"), over).convert("RGB"))


def _crops(picture: np.ndarray, boxes_in_image: Tensor) -> np.ndarray:
    cuts = [np.ascontiguousarray(crop(picture, box)) for box in boxes_in_image]
    return grid([np.asarray(Image.fromarray(cut).resize((96, 72))) for cut in cuts], 3)


def funnel_figure(funnel: list[tuple[str, int]]) -> go.Figure:
    """How many boxes are left after each filter, on a logarithmic scale."""
    names, counts = [name for name, _ in funnel], [count for _, count in funnel]
    figure = go.Figure(
        go.Bar(
            y=names,
            x=[max(count, 0.5) for count in counts],
            orientation="h",
            marker_color=BLUE,
            text=[f"{count:,}" for count in counts],
            customdata=counts,
            hovertemplate="%{y}: %{customdata:,}<extra></extra>",
        )
    )
    figure.update_layout(
        title="From anchors to detections",
        xaxis_type="log",
        xaxis_dtick=1,
        xaxis_title=word("axis.boxes").term,
        yaxis_autorange="reversed",
    )
    return figure


def detection_layer(trace: Trace, classes: tuple[str, ...]) -> BoxLayer:
    """The trace's detections with class and score, coloured by class."""
    return found_layer(trace.detections, classes)


def found_layer(found: Detections, classes: tuple[str, ...]) -> BoxLayer:
    """Any detections so."""
    labels = found.labels.tolist()
    return BoxLayer(
        name="detection",
        boxes_in_image=found.boxes_in_image,
        legend=[(name, class_colour(label)) for label, name in enumerate(classes)],
        groups=found.labels,
        scores=found.scores,
        columns={"proposal": found.roi},
        labels=[f"{classes[label]} {score:.2f}" for label, score in zip(labels, found.scores.tolist(), strict=True)],
        width=2.5,
    )
