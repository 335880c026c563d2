"""How large, how long, how many and where the objects of a set are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frcnn_viz.data.annotations import AnnotatedImage

HEAT_CELLS = 32
BANDS = {"small": (0.0, 32.0), "medium": (32.0, 96.0), "large": (96.0, float("inf"))}
"""COCO's, of the square root of an object's area; here in resized pixels."""


def resize_scale(short: np.ndarray, long: np.ndarray, min_size: float, max_size: float) -> np.ndarray:
    """What torchvision's resize multiplies lengths by, for images with such sides."""
    return np.minimum(min_size / short, max_size / long)


@dataclass(frozen=True, eq=False)
class BoxTable:
    """Every usable box of a set that a detector is to find; N boxes of M images.

    Attributes:
        boxes_in_image: float64 [N, 4] xyxy. labels: class names [N]. image: int64 [N], index of the image.
        image_sizes: float64 [M, 2], width and height. names: of the images.
        left_out: how many crowds, and how many other difficult objects, are not among them.
    """

    boxes_in_image: np.ndarray
    labels: np.ndarray
    image: np.ndarray
    image_sizes: np.ndarray
    names: tuple[str, ...]
    left_out: tuple[int, int] = (0, 0)

    @property
    def sizes(self) -> np.ndarray:
        """Square root of each area, pixels of the image: float64 [N]."""
        return _roots(self.boxes_in_image)

    @property
    def ratios(self) -> np.ndarray:
        """Height over width, as anchors have it: float64 [N]."""
        x0, y0, x1, y1 = self.boxes_in_image.T
        return (y1 - y0) / (x1 - x0)

    def scales(self, min_size: float, max_size: float) -> np.ndarray:
        """What torchvision's resize multiplies each box by: float64 [N]."""
        short, long = self.image_sizes.min(axis=1), self.image_sizes.max(axis=1)
        return resize_scale(short, long, min_size, max_size)[self.image]


@dataclass(frozen=True)
class ClassStatistics:
    """One class in figures; sizes are square roots of areas, ratios height over width."""

    label: str
    objects: int
    images: int
    size_p10: float
    size_median: float
    size_p90: float
    ratio_median: float


def box_table(images: Sequence[AnnotatedImage]) -> BoxTable:
    """The usable boxes of images whose size is known, but for crowds and difficult objects."""
    sized = [image for image in images if image.width and image.height]
    usable = [(n, item) for n, image in enumerate(sized) for item in image.objects if item.usable]
    rows = [(n, item) for n, item in usable if not (item.crowd or item.difficult)]
    crowds = sum(item.crowd for _, item in usable)
    return BoxTable(
        np.array([item.box for _, item in rows], dtype=np.float64).reshape(-1, 4),
        np.array([item.label for _, item in rows], dtype=object),
        np.array([n for n, _ in rows], dtype=np.int64),
        np.array([(image.width, image.height) for image in sized], dtype=np.float64).reshape(-1, 2),
        tuple(image.name for image in sized),
        (crowds, len(usable) - len(rows) - crowds),
    )


def by_class(table: BoxTable, scales: np.ndarray | None = None) -> list[ClassStatistics]:
    """Each class's figures, the most frequent first; sizes times `scales` [N] where given."""
    sizes = table.sizes if scales is None else table.sizes * scales
    found = []
    for label in sorted(set(table.labels)):
        of = table.labels == label
        low, middle, high = np.percentile(sizes[of], [10, 50, 90])
        images = len(np.unique(table.image[of]))
        found.append(
            ClassStatistics(
                label, int(of.sum()), images, float(low), float(middle), float(high), float(np.median(table.ratios[of]))
            )
        )
    return sorted(found, key=lambda row: -row.objects)


def heat_map(table: BoxTable, label: str | None = None) -> np.ndarray:
    """How many boxes cover each part of the image, all images laid over each other: float64 [32, 32], rows down."""
    chosen = slice(None) if label is None else table.labels == label
    boxes = table.boxes_in_image[chosen] / np.tile(table.image_sizes[table.image[chosen]], 2) * HEAT_CELLS
    first = np.floor(boxes[:, :2] + 1e-9).astype(int).clip(0, HEAT_CELLS)
    last = np.ceil(boxes[:, 2:] - 1e-9).astype(int).clip(0, HEAT_CELLS)
    corners = np.zeros((HEAT_CELLS + 1, HEAT_CELLS + 1))
    for rows, columns, sign in (
        (first[:, 1], first[:, 0], 1),
        (last[:, 1], last[:, 0], 1),
        (first[:, 1], last[:, 0], -1),
        (last[:, 1], first[:, 0], -1),
    ):
        np.add.at(corners, (rows, columns), sign)
    return corners.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]


def _roots(boxes: np.ndarray) -> np.ndarray:
    x0, y0, x1, y1 = boxes.T
    return np.sqrt((x1 - x0) * (y1 - y0))
