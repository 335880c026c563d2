"""What the stages return: frozen records of tensors, and the fate of every box.

Shape shorthand: A anchors over all levels; K candidates (the top-n of each level); P proposals;
C classes, background (0) included; D detections; L levels; G ground-truth objects.
Names: `boxes` are float32 xyxy in the network's input frame; sizes are (height, width).

Tensors were made under `torch.inference_mode()` and are shared between sessions: never write to them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import torch
from torch import Tensor
from torchvision.models.detection.image_list import ImageList

from frcnn_viz.pipeline.boxes import Size, to_image
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.pipeline.suppression import find_suppressors
from frcnn_viz.pipeline.tables import ROWS, Readable, text_table


class Fate(IntEnum):
    """What became of a box at a filtering stage. Each candidate has exactly one."""

    KEPT = 0
    BELOW_TOP_K = 1
    TOO_SMALL = 2
    BELOW_SCORE = 3
    SUPPRESSED = 4
    OVER_LIMIT = 5

    @property
    def sentence(self) -> str:
        """One plain sentence for the screen."""
        return _FATE_SENTENCES[self]


_FATE_SENTENCES = {
    Fate.KEPT: "Kept: it goes on to the next stage.",
    Fate.BELOW_TOP_K: "Not among the anchors of its level with the best objectness.",
    Fate.TOO_SMALL: "A side is too short once the box is cut off at the picture's border.",
    Fate.BELOW_SCORE: "Its score is under the threshold.",
    Fate.SUPPRESSED: "A box of its level or class with a better score overlaps it too much.",
    Fate.OVER_LIMIT: "NMS kept it, but there were enough boxes with better scores.",
}


@dataclass(frozen=True, eq=False, repr=False)
class NetworkInput(Readable):
    """The image on its way into the network, in torchvision's order: normalise, resize, pad.

    Attributes:
        image_size: of the user's image.
        resized: float32 [3, h, w], (image - mean) / std at the network's size: bilinear, no antialiasing.
        images: torchvision's ImageList; `tensors` is float32 [1, 3, padded h, padded w], zero padded.
        mean, std: float32 [3].
    """

    image_size: Size
    resized: Tensor
    images: ImageList
    mean: Tensor
    std: Tensor

    @property
    def input_size(self) -> Size:
        """After resize, before padding: the frame of `boxes`."""
        return _size(self.resized)

    @property
    def padded_size(self) -> Size:
        """Of the tensor the backbone sees."""
        return _size(self.images.tensors)

    @property
    def scale(self) -> tuple[float, float]:
        """Input pixels per image pixel, vertically and horizontally."""
        (image_h, image_w), (input_h, input_w) = self.image_size, self.input_size
        return input_h / image_h, input_w / image_w

    def boxes_in_image(self, boxes: Tensor) -> Tensor:
        """`boxes` [N, 4] of the input frame as pixels of the user's image, exactly as torchvision does."""
        return to_image(boxes, self.input_size, self.image_size)

    def denormalized(self, tensor: Tensor) -> Tensor:
        """A normalised [3, h, w] tensor in 0..1 again, for showing. Padding (0 before) comes out as the mean."""
        return (tensor * self.std[:, None, None] + self.mean[:, None, None]).clamp(0, 1)


@dataclass(frozen=True, eq=False, repr=False)
class FeatureMaps(Readable):
    """The backbone's output: for each level name a float32 map [1, channels, h, w]."""

    maps: dict[str, Tensor]
    padded_size: Size

    def __post_init__(self) -> None:
        for name, feature_map in self.maps.items():
            if feature_map.dim() != 4 or feature_map.shape[0] != 1:
                raise ValueError(f"feature map {name!r}: expected shape [1, C, h, w], got {list(feature_map.shape)}")

    @property
    def names(self) -> list[str]:
        """The levels' names, finest first, as the backbone gives them."""
        return list(self.maps)

    @property
    def titles(self) -> tuple[str, ...]:
        """What the levels are called on the screen."""
        return level_titles(self.maps)

    @property
    def grid_sizes(self) -> list[Size]:
        """Cells of each level."""
        return [_size(feature_map) for feature_map in self.maps.values()]

    @property
    def strides(self) -> list[Size]:
        """Input pixels per cell, `padded size // grid` per axis, as torchvision's AnchorGenerator takes them."""
        height, width = self.padded_size
        return [(height // h, width // w) for h, w in self.grid_sizes]


def level_titles(names: Iterable[str]) -> tuple[str, ...]:
    """What levels are called: by number, and by the backbone's own name where that is another, as in `4 (pool)`."""
    return tuple(name if name == str(level) else f"{level} ({name})" for level, name in enumerate(names))


@dataclass(frozen=True, eq=False, repr=False)
class AnchorGrid(Readable):
    """Every anchor of every level, in the order of the RPN's outputs: level, row, column, shape.

    Attributes:
        boxes: float32 [A, 4], not clipped to the image.
        per_cell: for each level, how many anchors a cell has.
        grid_sizes, strides: for each level, (rows, columns) and (vertical, horizontal) input pixels.
        shapes: for each level the (size, ratio) of each anchor of a cell, in order.
    """

    boxes: Tensor
    per_cell: list[int]
    grid_sizes: list[Size]
    strides: list[Size]
    shapes: list[list[tuple[float, float]]]

    def __post_init__(self) -> None:
        expected = sum(self.counts)
        if self.boxes.shape != (expected, 4):
            raise ValueError(f"anchors: expected [{expected}, 4], got {list(self.boxes.shape)}")

    def __len__(self) -> int:
        return len(self.boxes)

    @cached_property
    def counts(self) -> list[int]:
        """Anchors of each level."""
        return [h * w * k for (h, w), k in zip(self.grid_sizes, self.per_cell, strict=True)]

    @cached_property
    def offsets(self) -> list[int]:
        """The index of each level's first anchor."""
        return [sum(self.counts[:level]) for level in range(len(self.counts))]

    @cached_property
    def levels(self) -> Tensor:
        """The level of each anchor: int64 [A]."""
        counts = torch.tensor(self.counts, device=self.boxes.device)
        return torch.repeat_interleave(torch.arange(len(self.counts), device=self.boxes.device), counts)

    def place(self, anchor: int) -> tuple[int, int, int, int]:
        """The (level, row, column, shape) of an anchor's index."""
        level = bisect_right(self.offsets, anchor) - 1
        cell, shape = divmod(anchor - self.offsets[level], self.per_cell[level])
        row, column = divmod(cell, self.grid_sizes[level][1])
        return level, row, column, shape

    def of_cell(self, level: int, row: int, column: int) -> range:
        """The indices of a cell's anchors."""
        start = self.offsets[level] + (row * self.grid_sizes[level][1] + column) * self.per_cell[level]
        return range(start, start + self.per_cell[level])


@dataclass(frozen=True, eq=False, repr=False)
class RpnOutput(Readable):
    """What the RPN's head says of every anchor.

    Attributes:
        objectness: logits, float32 [A].
        deltas: (dx, dy, dw, dh), float32 [A, 4].
        objectness_maps: for each level the same logits as the head gave them, [anchors per cell, h, w].
    """

    objectness: Tensor
    deltas: Tensor
    objectness_maps: list[Tensor]


@dataclass(frozen=True, eq=False, repr=False)
class Proposals(Readable):
    """The RPN's candidates, what became of each, and those that go on.

    Attributes:
        anchor: int64 [K], the anchor each candidate came from; by level, then by objectness.
        level: int64 [K].
        objectness: logits, float32 [K]. scores: their sigmoid, float32 [K].
        candidates: float32 [K, 4], decoded and clipped to the image.
        fate: uint8 [K], a `Fate` other than BELOW_TOP_K.
        nms_kept: int64 [.], candidates that survived NMS, best first.
        kept: int64 [P], those of them within the limit: the proposals, in torchvision's order.
        num_anchors: A.
        nms_thresh: the IoU threshold that was used.
    """

    anchor: Tensor
    level: Tensor
    objectness: Tensor
    scores: Tensor
    candidates: Tensor
    fate: Tensor
    nms_kept: Tensor
    kept: Tensor
    num_anchors: int
    nms_thresh: float

    def __len__(self) -> int:
        return len(self.kept)

    def __repr__(self) -> str:
        counts = zip(Fate, self.fate_counts, strict=True)
        rows = [{"fate": fate.name, "anchors": count, "": fate.sentence} for fate, count in counts]
        return text_table(f"Proposals: {len(self):,} of {self.num_anchors:,} anchors", rows)

    @cached_property
    def boxes(self) -> Tensor:
        """The proposals, float32 [P, 4]: what torchvision's RPN returns."""
        return self.candidates[self.kept]

    @cached_property
    def suppressor(self) -> Tensor:
        """For each SUPPRESSED candidate the candidate that suppressed it, else -1: int64 [K]."""
        return find_suppressors(
            self.candidates, self.scores, self.level, self.fate == Fate.SUPPRESSED, self.nms_kept, self.nms_thresh
        )

    @cached_property
    def anchor_fate(self) -> Tensor:
        """The fate of every anchor: uint8 [A]."""
        fate = torch.full((self.num_anchors,), int(Fate.BELOW_TOP_K), dtype=torch.uint8, device=self.fate.device)
        fate[self.anchor] = self.fate
        return fate

    @property
    def fate_counts(self) -> list[int]:
        """How many anchors had each fate, by its number."""
        return self.anchor_fate.bincount(minlength=len(Fate)).tolist()


@dataclass(frozen=True, eq=False, repr=False)
class RoiOutputs(Readable):
    """What the second stage says of each proposal.

    Attributes:
        class_logits: float32 [P, C].
        box_regression: deltas of every class, float32 [P, C * 4], scaled by the box coder's weights.
        scores: softmax of the logits, float32 [P, C].
        boxes: each proposal refined for each class and clipped, float32 [P, C, 4].
    """

    class_logits: Tensor
    box_regression: Tensor
    scores: Tensor
    boxes: Tensor

    @property
    def num_classes(self) -> int:
        """C, background included."""
        return self.scores.shape[1]


@dataclass(frozen=True, eq=False, repr=False)
class Detections(Readable):
    """Every (proposal, class) pair as a candidate, what became of each, and the detections.

    A candidate's index is `roi * (C - 1) + label - 1`; background is no candidate.

    Attributes:
        fate: uint8 [P * (C - 1)].
        nms_kept: int64 [.], candidates that survived NMS, best first.
        kept: int64 [D], those within the limit, in torchvision's order.
        boxes, scores, labels: of the detections: float32 [D, 4] and [D], int64 [D].
        boxes_in_image: float32 [D, 4], equal to `model([image])[0]["boxes"]`.
        roi: int64 [D], the proposal (index into P) each came from.
        rois: the outputs they were chosen from.
        nms_thresh: the IoU threshold that was used.
    """

    fate: Tensor
    nms_kept: Tensor
    kept: Tensor
    boxes: Tensor
    scores: Tensor
    labels: Tensor
    boxes_in_image: Tensor
    roi: Tensor
    rois: RoiOutputs
    nms_thresh: float

    def __len__(self) -> int:
        return len(self.kept)

    def __repr__(self) -> str:
        columns = {name: getattr(self, name)[:ROWS].tolist() for name in ("labels", "scores", "boxes_in_image", "roi")}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        for row in rows:
            row["boxes_in_image"] = ", ".join(f"{corner:.1f}" for corner in row["boxes_in_image"])
        title = f"Detections: {len(self):,} of {len(self.fate):,} pairs of a proposal and a class"
        return text_table(title, rows, len(self))

    def roi_and_label(self, candidate: Tensor) -> tuple[Tensor, Tensor]:
        """The proposal and the label of candidates, each int64 like `candidate`."""
        foreground = self.rois.num_classes - 1
        return candidate // foreground, candidate % foreground + 1

    @cached_property
    def suppressor(self) -> Tensor:
        """For each SUPPRESSED candidate the candidate that suppressed it, else -1: int64 [P * (C - 1)]."""
        boxes, scores, labels = flatten_candidates(self.rois)
        return find_suppressors(boxes, scores, labels, self.fate == Fate.SUPPRESSED, self.nms_kept, self.nms_thresh)


def flatten_candidates(rois: RoiOutputs) -> tuple[Tensor, Tensor, Tensor]:
    """Boxes [M, 4], scores [M] and labels [M] of all M = P * (C - 1) foreground candidates."""
    labels = torch.arange(rois.num_classes, device=rois.scores.device).view(1, -1).expand_as(rois.scores)
    return rois.boxes[:, 1:].reshape(-1, 4), rois.scores[:, 1:].reshape(-1), labels[:, 1:].reshape(-1)


def _size(tensor: Tensor) -> Size:
    return int(tensor.shape[-2]), int(tensor.shape[-1])
