"""The pipeline at a glance: a thumbnail of each stage's real output, and the funnel."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from frcnn_viz.figures.layers import BoxLayer
from frcnn_viz.figures.palette import ANCHOR, BLUE, FATES, SELECTED, class_colour
from frcnn_viz.figures.rasters import colourise, enlarge, grid, to_uint8, with_boxes
from frcnn_viz.figures.third_head import mask_overlay
from frcnn_viz.pipeline.masks import Masks
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.trace import Trace

SHOWN_PROPOSALS = 60


def thumbnails(trace: Trace) -> dict[str, tuple[np.ndarray, str]]:
    """For each stage a picture uint8 [h, w, 3] of what it computed, and what the picture shows."""
    picture = to_uint8(trace.image)
    finest = next(iter(trace.features.maps.values()))[0]
    anchors = trace.anchors
    level = len(anchors.grid_sizes) // 2
    rows, columns = anchors.grid_sizes[level]
    cell = anchors.of_cell(level, rows // 2, columns // 2)
    objectness = trace.rpn.objectness_maps[0].amax(dim=0).sigmoid()
    proposals = trace.input.boxes_in_image(trace.proposals.boxes[:SHOWN_PROPOSALS])
    found = trace.detections
    line = max(1, max(picture.shape) // 240)
    pictures = {
        "input": (
            to_uint8(trace.input.denormalized(trace.input.resized)),
            "the resized picture, normalisation undone",
        ),
        "features": (
            enlarge(colourise(finest.mean(dim=0)), 240),
            f"mean of {finest.shape[0]} channels, level {trace.features.names[0]}",
        ),
        "anchors": (
            with_boxes(
                picture,
                trace.input.boxes_in_image(anchors.boxes[cell.start : cell.stop]),
                [ANCHOR] * len(cell),
                width=line + 1,
            ),
            f"the anchors of the middle cell, level {trace.features.names[level]}",
        ),
        "rpn": (
            enlarge(colourise(objectness, 0, 1), 240),
            f"best objectness of each cell, level {trace.features.names[0]}",
        ),
        "proposals": (
            with_boxes(picture, proposals, [FATES[Fate.KEPT]] * len(proposals), width=line),
            f"the {len(proposals)} best of {len(trace.proposals):,}",
        ),
        "rois": (_crops(picture, proposals[:9].round().long().tolist()), "crops of the best nine proposals"),
        "detections": (
            with_boxes(
                picture, found.boxes_in_image, [class_colour(label) for label in found.labels.tolist()], width=line + 1
            ),
            f"all {len(found)}",
        ),
    }
    if trace.masks is not None:
        pictures["masks"] = (_masked(picture, trace.masks), "where each is likelier than not")
    if trace.keypoints is not None:
        points = trace.keypoints.points_in_image[:, :, :2].flatten(0, 1)
        squares = points.repeat(1, 2) + points.new_tensor([-line, -line, line, line])
        pictures["keypoints"] = (with_boxes(picture, squares, [SELECTED] * len(squares), width=line), "all")
    return pictures


def _masked(picture: np.ndarray, masks: Masks) -> np.ndarray:
    over = Image.fromarray(mask_overlay(masks, range(len(masks)), 0.5)).resize(picture.shape[1::-1])
    return np.asarray(Image.alpha_composite(Image.fromarray(picture).convert("RGBA"), over).convert("RGB"))


def _crops(picture: np.ndarray, boxes: list[list[int]]) -> np.ndarray:
    tiles = []
    for x0, y0, x1, y1 in boxes:
        crop = Image.fromarray(picture).crop((x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)))
        tiles.append(np.asarray(crop.resize((96, 72))))
    return grid(tiles, 3)


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
        xaxis_title="boxes (logarithmic)",
        yaxis_autorange="reversed",
    )
    return figure


def detection_layer(trace: Trace, classes: tuple[str, ...]) -> BoxLayer:
    """The detections with class and score, coloured by class."""
    found = trace.detections
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
