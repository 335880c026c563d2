"""How well anchors fit objects: the best IoU any anchor has with each, found without making the anchors.

Of all places of the grid, the one nearest to an object's centre overlaps it most, along each axis by itself; so one
anchor a shape and object is enough, and a whole workspace takes milliseconds. Its box is torchvision's own, to the
bit. Shape shorthand: N objects; L levels; K shapes of a level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.pipeline.boxes import check_finite, to_input
from frcnn_viz.pipeline.settings import LevelTuples
from frcnn_viz.pipeline.shapes import network_shapes

CHUNK = 2**22
"""Grid places looked at at once when positives are counted: 16 MB a tensor."""


@dataclass(frozen=True, eq=False)
class ObjectsOnGrids:
    """Objects where the network sees them, and the grids their anchors stand on.

    Attributes:
        boxes: float32 [N, 4], input frame.
        labels: class names, object array [N].
        image: int64 [N], index of each object's image.
        strides: int64 [N, L, 2], vertical and horizontal. grids: int64 [N, L, 2], rows and columns.
        level_names: of the L levels.
    """

    boxes: Tensor
    labels: np.ndarray
    image: Tensor
    strides: Tensor
    grids: Tensor
    level_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def sizes(self) -> Tensor:
        """Square root of each area, input pixels: float32 [N]."""
        return ((self.boxes[:, 2] - self.boxes[:, 0]) * (self.boxes[:, 3] - self.boxes[:, 1])).sqrt()

    def take(self, rows: Tensor) -> ObjectsOnGrids:
        """Some of them: bool [N] or int64 indices."""
        labels = self.labels[rows.numpy()]
        parts = {name: getattr(self, name)[rows] for name in ("boxes", "image", "strides", "grids")}
        return replace(self, labels=labels, **parts)


@dataclass(frozen=True, eq=False)
class Fit:
    """How each object is served.

    Attributes:
        iou: float32 [N], the best of any anchor.
        level: int64 [N], that anchor's level. shape: int64 [N], its place among the level's shapes.
        anchors: float32 [N, 4], its box, input frame.
    """

    iou: Tensor
    level: Tensor
    shape: Tensor
    anchors: Tensor

    def recall(self, threshold: float) -> float:
        """The part of the objects that some anchor overlaps at least so much; nan without objects."""
        return float((self.iou >= threshold).float().mean())


def place_objects(
    model: GeneralizedRCNN,
    boxes_in_image: Tensor,
    labels: Sequence[str],
    image: Tensor,
    image_sizes: Sequence[tuple[int, int]],
    *,
    min_size: int,
    max_size: int,
) -> ObjectsOnGrids:
    """Objects of many images, resized as the model does; the network is not run.

    Args:
        model: gives the resize and the feature maps' sizes.
        boxes_in_image: float32 [N, 4], pixels of each image.
        labels: class name of each.
        image: int64 [N], index into `image_sizes`.
        image_sizes: height and width of each image.
        min_size: shorter side after resize.
        max_size: limit of the longer side.

    Raises:
        ValueError: a box is not finite, or an image is too thin for the resize.
    """
    check_finite(boxes_in_image, "object's box")
    shapes = {size: network_shapes(model, size, min_size, max_size) for size in set(image_sizes)}
    if not shapes:
        shapes[(min_size, min_size)] = network_shapes(model, (min_size, min_size), min_size, max_size)
    boxes = torch.empty(len(boxes_in_image), 4)
    level_names = next(iter(shapes.values())).level_names
    strides = torch.empty(len(boxes), len(level_names), 2, dtype=torch.int64)
    grids = torch.empty_like(strides)
    size_of = [image_sizes[index] for index in image.tolist()]
    for size, of in shapes.items():
        rows = torch.tensor([number for number, other in enumerate(size_of) if other == size], dtype=torch.int64)
        if len(rows):
            boxes[rows] = to_input(boxes_in_image[rows].to(torch.float32), size, of.input_size)
            strides[rows], grids[rows] = torch.tensor(of.strides), torch.tensor(of.grid_sizes)
    return ObjectsOnGrids(boxes, np.array(labels, dtype=object), image, strides, grids, level_names)


def fit_anchors(objects: ObjectsOnGrids, sizes: LevelTuples, ratios: LevelTuples) -> Fit:
    """The best anchor of each object, over all levels, shapes and places.

    Equal to `box_iou(objects, all anchors).max(dim=1)`, of which the anchors are never made.
    """
    best = Fit(
        torch.full((len(objects),), -1.0),
        torch.zeros(len(objects), dtype=torch.int64),
        torch.zeros(len(objects), dtype=torch.int64),
        torch.zeros(len(objects), 4),
    )
    areas = _areas(objects.boxes)
    for level, shapes in enumerate(_base_anchors(sizes, ratios)):
        for number, shape in enumerate(shapes):
            anchors = _nearest(objects, level, shape)
            iou = _elementwise_iou(objects.boxes, areas, anchors)
            better = iou > best.iou
            best = Fit(
                torch.where(better, iou, best.iou),
                torch.where(better, level, best.level),
                torch.where(better, number, best.shape),
                torch.where(better[:, None], anchors, best.anchors),
            )
    return best


def count_anchors_over(objects: ObjectsOnGrids, sizes: LevelTuples, ratios: LevelTuples, threshold: float) -> Tensor:
    """How many anchors overlap each object at least `threshold`: int64 [N].

    They are its positives, but where two objects overlap so much that an anchor stands for the other one.
    """
    total = torch.zeros(len(objects), dtype=torch.int64)
    areas = _areas(objects.boxes)
    for level, shapes in enumerate(_base_anchors(sizes, ratios)):
        for shape in shapes:
            best = _elementwise_iou(objects.boxes, areas, _nearest(objects, level, shape))
            rows = (best >= threshold).nonzero()[:, 0]
            if len(rows):
                total[rows] += _count_around(objects.take(rows), level, shape, threshold)
    return total


def _count_around(objects: ObjectsOnGrids, level: int, shape: Tensor, threshold: float) -> Tensor:
    """How many places of one shape reach the threshold: int64 [N]."""
    counts, areas, boxes = [], _areas(objects.boxes), objects.boxes
    side = shape[2:] - shape[:2]
    # An anchor that overlaps so much has its centre at most (1 - t) of the mean side away from the object's.
    away = (1 - threshold) * (boxes[:, 2:] - boxes[:, :2] + side) / 2 / objects.strides[:, level].flip(1)
    across, down = (int(cells) + 1 for cells in away.amax(dim=0).tolist())
    step = max(1, CHUNK // ((2 * across + 1) * (2 * down + 1)))
    for start in range(0, len(boxes), step):
        rows = slice(start, start + step)
        wide = _overlaps(objects, rows, level, 0, shape, across)
        high = _overlaps(objects, rows, level, 1, shape, down)
        inter = high[:, :, None] * wide[:, None, :]
        union = areas[rows, None, None] + side[0] * side[1] - inter
        counts.append((inter / union >= threshold).sum(dim=(1, 2)))
    return torch.cat(counts)


def _nearest(objects: ObjectsOnGrids, level: int, shape: Tensor) -> Tensor:
    """The anchor of a shape whose place of the grid is nearest to each object's centre: float32 [N, 4]."""
    stride, grid = objects.strides[:, level].flip(1), objects.grids[:, level].flip(1)  # x, y
    centre = (objects.boxes[:, :2] + objects.boxes[:, 2:]) / 2
    cell = (centre / stride).round().clamp(min=0).minimum(grid - 1)
    return (cell * stride).repeat(1, 2) + shape


def _overlaps(objects: ObjectsOnGrids, rows: slice, level: int, axis: int, shape: Tensor, reach: int) -> Tensor:
    """How far anchors around each object reach over it along one axis: [n, 2 * reach + 1]; 0 beyond the grid."""
    boxes, stride = objects.boxes[rows], objects.strides[rows, level, 1 - axis, None]
    low, high = boxes[:, axis, None], boxes[:, 2 + axis, None]
    cell = ((low + high) / 2 / stride).round() + torch.arange(-reach, reach + 1)
    inside = (cell >= 0) & (cell < objects.grids[rows, level, 1 - axis, None])
    first, last = cell * stride + shape[axis], cell * stride + shape[2 + axis]
    return torch.where(inside, (last.minimum(high) - first.maximum(low)).clamp(min=0), 0)


def _base_anchors(sizes: LevelTuples, ratios: LevelTuples) -> list[Tensor]:
    """Each level's anchors around the origin, rounded as torchvision does: float32 [K, 4]."""
    maker = AnchorGenerator(((1,),), ((1.0,),))
    return [maker.generate_anchors(list(s), list(r)) for s, r in zip(sizes, ratios, strict=True)]


def _areas(boxes: Tensor) -> Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _elementwise_iou(boxes: Tensor, areas: Tensor, others: Tensor) -> Tensor:
    """The IoU of each pair, in `box_iou`'s own order of operations."""
    sides = (torch.minimum(boxes[:, 2:], others[:, 2:]) - torch.maximum(boxes[:, :2], others[:, :2])).clamp(min=0)
    inter = sides[:, 0] * sides[:, 1]
    return inter / (areas + _areas(others) - inter)
