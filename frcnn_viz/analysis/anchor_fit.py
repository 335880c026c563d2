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
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.pipeline.results import level_titles
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
        level_names: what the L levels are called.
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

    @cached_property
    def areas(self) -> Tensor:
        """Input pixels squared: float32 [N]."""
        return _areas(self.boxes)

    @cached_property
    def places(self) -> Tensor:
        """On each level the place of the grid nearest to each object's centre, x and y: float32 [N, L, 2]."""
        strides, grids = self.strides.flip(2), self.grids.flip(2)
        centres = ((self.boxes[:, :2] + self.boxes[:, 2:]) / 2)[:, None]
        return (centres / strides).round().clamp(min=0).minimum(grids - 1) * strides

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
    level_names = level_titles(next(iter(shapes.values())).level_names)
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
    for level, shapes in enumerate(_base_anchors(sizes, ratios)):
        for number, shape in enumerate(shapes):
            iou, anchors = fit_shape(objects, level, shape)
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
    for level, shapes in enumerate(_base_anchors(sizes, ratios)):
        for shape in shapes:
            total += count_shape_over(objects, level, shape, threshold)
    return total


def fit_shape(objects: ObjectsOnGrids, level: int, shape: Tensor) -> tuple[Tensor, Tensor]:
    """How far the anchors of one level and shape (its box around the origin, [4]) reach.

    Returns:
        For each object the best IoU, float32 [N], and the box of that anchor, float32 [N, 4].
    """
    anchors = objects.places[:, level].repeat(1, 2) + shape
    return _elementwise_iou(objects.boxes, objects.areas, anchors), anchors


def count_shape_over(objects: ObjectsOnGrids, level: int, shape: Tensor, threshold: float) -> Tensor:
    """How many anchors of one level and shape overlap each object at least `threshold`: int64 [N]."""
    total = torch.zeros(len(objects), dtype=torch.int64)
    rows = (fit_shape(objects, level, shape)[0] >= threshold).nonzero()[:, 0]
    total[rows] = count_around(objects, level, rows, shape.expand(len(rows), 4), threshold)
    return total


def count_around(objects: ObjectsOnGrids, level: int, rows: Tensor, shapes: Tensor, threshold: float) -> Tensor:
    """How many places of the grid reach the threshold, each object with a shape of its own: int64 [n].

    Args:
        objects: all of them.
        level: of the anchors.
        rows: int64 [n], which objects; one may be there with many shapes.
        shapes: float32 [n, 4], boxes around the origin.
        threshold: of the IoU.
    """
    if not len(rows):
        return torch.zeros(0, dtype=torch.int64)
    counts, few, sides = [], objects.take(rows), shapes[:, 2:] - shapes[:, :2]
    areas = few.areas + sides.prod(dim=1)
    # An anchor that overlaps so much has its centre at most (1 - t) of the mean side away from the object's.
    away = (1 - threshold) * (few.boxes[:, 2:] - few.boxes[:, :2] + sides) / 2 / few.strides[:, level].flip(1)
    across, down = (int(cells) + 1 for cells in away.amax(dim=0).tolist())
    step = max(1, CHUNK // ((2 * across + 1) * (2 * down + 1)))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        wide = _overlaps(few, part, level, 0, shapes, across).sort(dim=1, descending=True).values
        high = _overlaps(few, part, level, 1, shapes, down)
        counts.append(_count_pairs(high, wide, areas[part, None], threshold))
    return torch.cat(counts)


def _count_pairs(high: Tensor, wide: Tensor, areas: Tensor, threshold: float) -> Tensor:
    """For each object, of how many pairs the IoU reaches the threshold: int64 [n].

    The IoU falls with the width, so in each row of the grid the last place that reaches it is found by bisection.

    Args:
        high: overlaps along the rows, [n, D].
        wide: along the columns, falling, [n, A].
        areas: of the object and of the anchor together, [n, 1].
        threshold: of the IoU.
    """
    reached = torch.zeros(high.shape, dtype=torch.int64)
    for power in reversed(range(wide.shape[1].bit_length())):
        tried = reached + 2**power
        inter = high * wide.gather(1, (tried - 1).clamp(max=wide.shape[1] - 1))
        good = (tried <= wide.shape[1]) & (inter / (areas - inter) >= threshold)
        reached = torch.where(good, tried, reached)
    return reached.sum(dim=1)


def _overlaps(objects: ObjectsOnGrids, rows: slice, level: int, axis: int, shapes: Tensor, reach: int) -> Tensor:
    """How far anchors around each object reach over it along one axis: [n, 2 * reach + 1]; 0 beyond the grid."""
    boxes, stride = objects.boxes[rows], objects.strides[rows, level, 1 - axis, None]
    low, high = boxes[:, axis, None], boxes[:, 2 + axis, None]
    cell = ((low + high) / 2 / stride).round() + torch.arange(-reach, reach + 1)
    inside = (cell >= 0) & (cell < objects.grids[rows, level, 1 - axis, None])
    first, last = cell * stride + shapes[rows, axis, None], cell * stride + shapes[rows, 2 + axis, None]
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
