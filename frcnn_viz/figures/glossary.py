"""What a word means, seen in the present trace: for each a picture of tensors that it really computed.

Pictures that are about one box are about the same: the largest detection, back to its anchor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.ops import box_area

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import shrink
from frcnn_viz.figures.features import channel_grid, summary
from frcnn_viz.figures.input import steps
from frcnn_viz.figures.overview import thumbnails
from frcnn_viz.figures.palette import (
    ANCHOR,
    FATE_NAMES,
    FATES,
    GREEN,
    GREY,
    GROUND_TRUTH,
    SELECTED,
    class_colour,
)
from frcnn_viz.figures.rasters import colourise, enlarge, grid, to_uint8, with_boxes
from frcnn_viz.figures.rois import class_bars, pooled_grid
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.rois import pool_rois
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.words import word

SIDE = 640
"""Most pixels a side of a picture."""
SHOWN = 60
"""Boxes drawn at most."""
CHANNELS = 32
Depiction = tuple[np.ndarray | go.Figure, str]
"""A picture uint8 [h, w, 3], or a chart, and what it shows."""


class NothingToSee(ValueError):
    """This trace has nothing that the word means. The message is one plain sentence."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What words are shown in.

    Attributes:
        trace: of the picture. truth: what is on it. classes: by label.
    """

    trace: Trace
    truth: GroundTruth
    classes: Sequence[str]

    @cached_property
    def proposal(self) -> int:
        """The proposal of the largest detection; the best proposal where nothing is detected."""
        if not len(self.trace.proposals):
            raise NothingToSee("No proposal is left at these settings; lower the thresholds.")
        found = self.trace.detections
        return int(found.roi[box_area(found.boxes_in_image).argmax()]) if len(found) else 0

    @cached_property
    def candidate(self) -> int:
        """What became that proposal."""
        return int(self.trace.proposals.kept[self.proposal])

    @cached_property
    def anchor(self) -> int:
        """Where it came from."""
        return int(self.trace.proposals.anchor[self.candidate])

    @cached_property
    def objects(self) -> Tensor:
        """The objects' boxes, pixels of the user's image: [G, 4]."""
        if not len(self.truth):
            raise NothingToSee("Nobody has drawn an object on this picture; draw one on Images.")
        return self.truth.boxes_in_image

    def drawn(self, boxes: Tensor, colours: str | list[str], width: int = 3, *, frame: str = "input") -> np.ndarray:
        """Boxes [N, 4] of a frame, `input` or `image`, on the picture."""
        picture = shrink(to_uint8(self.trace.source), SIDE)
        boxes = self.trace.input.boxes_in_image(boxes) if frame == "input" else boxes
        scale = picture.shape[1] / self.trace.source.shape[-1]
        colours = [colours] * len(boxes) if isinstance(colours, str) else colours
        return with_boxes(picture, boxes.cpu() * scale, colours, width)

    def feature_map(self, level: int) -> Tensor:
        """One map [C, h, w]."""
        return list(self.trace.features.maps.values())[level][0]


def picture(seen: Seen) -> Depiction:
    """The picture alone."""
    _, height, width = seen.trace.source.shape
    return seen.drawn(torch.zeros(0, 4), [], frame="image"), f"{width} x {height} pixels."


def padded(seen: Seen) -> Depiction:
    """What the network sees."""
    data = seen.trace.input
    (ih, iw), (ph, pw) = data.input_size, data.padded_size
    return steps(data)["padded"], f"Resized to {iw} x {ih} and padded to {pw} x {ph} pixels; normalisation undone."


def normalised(seen: Seen) -> Depiction:
    """The three colours as numbers."""
    values = seen.trace.input.resized
    low, high = float(values.min()), float(values.max())
    tiles = [shrink(colourise(channel, low, high), SIDE // 2) for channel in values]
    return grid(tiles, 2), f"Red, green and blue after normalising, from {low:.2f} (dark) to {high:.2f} (bright)."


def filters(seen: Seen) -> Depiction:
    """Weights that read the picture itself."""
    first = next((m for m in seen.trace.model.modules() if isinstance(m, nn.Conv2d) and m.in_channels == 3), None)
    if first is None:
        raise NothingToSee("This detector has no convolution on the picture itself.")
    weights = first.weight.detach()[:CHANNELS]
    low, high = float(weights.min()), float(weights.max())
    tiles = [enlarge(to_uint8((each - low) / (high - low)), 64) for each in weights]
    return grid(tiles, 8), f"The first {len(tiles)} of {len(first.weight)} filters of the first convolution."


def channels(seen: Seen) -> Depiction:
    """What a map holds."""
    level = seen.trace.anchors.place(seen.anchor)[0]
    values = seen.feature_map(level)
    chosen = values.flatten(1).std(dim=1).topk(min(9, len(values))).indices.tolist()
    shown = enlarge(channel_grid(values, chosen, None, 3), SIDE)
    name = seen.trace.features.titles[level]
    return shown, f"Nine of {len(values)} channels of level {name}, those that vary most."


def levels(seen: Seen) -> Depiction:
    """All maps."""
    maps = [summary(seen.feature_map(level), "mean") for level in range(len(seen.trace.features.names))]
    height, width = maps[0].shape[0] * 4, maps[0].shape[1] * 4
    tiles = [np.asarray(Image.fromarray(one).resize((width, height), Image.Resampling.NEAREST)) for one in maps]
    told = ", ".join(f"{one.shape[1]} x {one.shape[0]}" for one in maps)
    return grid(tiles, 2), f"The mean of each level's channels: {told} cells."


def cell(seen: Seen) -> Depiction:
    """A map's grid over the picture."""
    anchors = seen.trace.anchors
    level, row, column, _ = anchors.place(seen.anchor)
    (rows, across), (down, right) = anchors.grid_sizes[level], anchors.strides[level]
    ys, xs = torch.meshgrid(torch.arange(rows), torch.arange(across), indexing="ij")
    corners = torch.stack([xs * right, ys * down, (xs + 1) * right, (ys + 1) * down], dim=-1).flatten(0, 1).float()
    own = corners[[row * across + column]]
    around = own + torch.tensor([-1.0, -1.0, 1.0, 1.0])  # so that a small one is seen too
    shown = seen.drawn(torch.cat([corners, around, own]), [GREY] * len(corners) + [SELECTED] * 2, 1)
    name = seen.trace.features.titles[level]
    return (
        shown,
        f"Level {name} has {across} x {rows} cells of {right} x {down} pixels; marked: column {column}, row {row}.",
    )


def anchors(seen: Seen) -> Depiction:
    """One cell's."""
    grid_ = seen.trace.anchors
    level, row, column, _ = grid_.place(seen.anchor)
    of_cell = grid_.of_cell(level, row, column)
    boxes = grid_.boxes[of_cell.start : of_cell.stop]
    colours = [SELECTED if anchor == seen.anchor else ANCHOR for anchor in of_cell]
    told = f"The {len(of_cell)} of {len(grid_):,} anchors on one cell; the largest detection came from the marked one."
    return seen.drawn(boxes, colours), told


def objectness(seen: Seen) -> Depiction:
    """Where the RPN sees objects."""
    level = seen.trace.anchors.place(seen.anchor)[0]
    values = seen.trace.rpn.objectness_maps[level].amax(dim=0).sigmoid()
    name = seen.trace.features.titles[level]
    return enlarge(
        colourise(values, 0, 1), SIDE
    ), f"The best objectness of each cell of level {name}, 0 dark, 1 bright."


def deltas(seen: Seen) -> Depiction:
    """An anchor, and where it is sent."""
    trace, anchor = seen.trace, seen.anchor
    boxes = torch.stack([trace.anchors.boxes[anchor], trace.decoded[anchor]])
    values = ", ".join(
        f"{name} {value:+.2f}"
        for name, value in zip(("dx", "dy", "dw", "dh"), trace.rpn.deltas[anchor].tolist(), strict=True)
    )
    return seen.drawn(boxes, [ANCHOR, GREEN]), f"An anchor (blue) and where its deltas send it (green): {values}."


def candidates(seen: Seen) -> Depiction:
    """The likeliest of them."""
    proposals = seen.trace.proposals
    best = proposals.scores.topk(min(SHOWN, len(proposals.scores))).indices
    boxes = proposals.candidates[best]
    return seen.drawn(boxes, ANCHOR, 2), f"The {len(boxes)} likeliest of {len(proposals.candidates):,} candidates."


def proposals(seen: Seen) -> Depiction:
    """The best of them."""
    boxes = seen.trace.proposals.boxes
    shown = seen.drawn(boxes[:SHOWN], FATES[Fate.KEPT], 2)
    return shown, f"The {min(SHOWN, len(boxes))} best of {len(boxes):,} proposals."


def suppression(seen: Seen) -> Depiction:
    """A box that stays, and those that go because of it."""
    proposals = seen.trace.proposals
    by = proposals.suppressor[proposals.suppressor >= 0]
    if not len(by):
        raise NothingToSee("The RPN's NMS suppressed nothing at these settings; lower its threshold.")
    best = seen.candidate if bool((by == seen.candidate).any()) else int(by.bincount().argmax())
    victims = (proposals.suppressor == best).nonzero()[:SHOWN, 0].tolist()
    colours = [FATES[Fate.SUPPRESSED]] * len(victims) + [FATES[Fate.KEPT]]
    told = f"The green box stays; {len(victims)} that overlap it by more than {proposals.nms_thresh:g} go."
    return seen.drawn(proposals.candidates[[*victims, best]], colours, 2), told


def pooled(seen: Seen) -> Depiction:
    """What the second stage reads of a proposal."""
    trace = seen.trace
    values = pool_rois(trace.model, trace.features, trace.proposals.boxes[[seen.proposal]], trace.input.input_size)[0]
    told = f"{min(CHANNELS, len(values))} of {len(values)} channels, cut out for the largest detection's proposal."
    return enlarge(pooled_grid(values, CHANNELS, 8), SIDE), told


def probabilities(seen: Seen) -> Depiction:
    """The classes of one proposal."""
    scores = seen.trace.rois.scores[seen.proposal]
    told = f"One proposal's probabilities; they add up to {float(scores.sum()):.2f}."
    return class_bars(scores, tuple(seen.classes), word("chart.softmax").term), told


def detections(seen: Seen) -> Depiction:
    """All of them."""
    found = seen.trace.detections
    colours = [class_colour(label) for label in found.labels.tolist()]
    return seen.drawn(
        found.boxes_in_image, colours, frame="image"
    ), f"All {len(found)} detections, a colour for each class."


def ground_truth(seen: Seen) -> Depiction:
    """What is on the picture."""
    told = f"{len(seen.objects)} objects: {', '.join(dict.fromkeys(seen.truth.names))}."
    return seen.drawn(seen.objects, GROUND_TRUTH, frame="image"), told


def fate(one: Fate, seen: Seen) -> Depiction:
    """Boxes that it befell."""
    trace = seen.trace
    if one is Fate.BELOW_TOP_K:
        boxes = trace.anchors.boxes[(trace.proposals.anchor_fate == one).nonzero()[:, 0]]
    else:
        boxes = trace.proposals.candidates[(trace.proposals.fate == one).nonzero()[:, 0]]
    if not len(boxes):
        raise NothingToSee(f"No candidate is {FATE_NAMES[one]} at these settings.")
    shown = boxes[:: max(1, len(boxes) // SHOWN)][:SHOWN]
    return seen.drawn(shown, FATES[one], 2), f"{len(shown)} of {len(boxes):,} boxes in the first stage."


def third_head(kind: str, seen: Seen) -> Depiction:
    """Masks or keypoints, where the detector makes them."""
    if getattr(seen.trace, kind) is None:
        raise NothingToSee(
            f"This detector makes no {kind}; choose a {'Mask' if kind == 'masks' else 'Keypoint'} R-CNN."
        )
    return thumbnails(seen.trace)[kind][0], f"The {kind} of the detections."
