"""Where a search for anchors starts: shapes that clusters of objects share made sizes and ratios, and drawn ones."""

from __future__ import annotations

import numpy as np

from frcnn_viz.analysis.anchor_climb import Layout
from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids


def kmeans_anchors(objects: ObjectsOnGrids, n_sizes: int, given: np.ndarray, seed: int) -> list[np.ndarray]:
    """Every combination of sizes and of ratios that k-means gives, and the ratios of `given`: float64 [S + R] each.

    The generator makes every size at every ratio, so that a set of shapes has to be turned into such a grid: by one
    cluster a size, or by as many clusters as there are anchors, grouped by area or by ratio.
    """
    sides, n_ratios = _sides(objects), len(given) - n_sizes
    by_area = kmeans_shapes(objects, n_sizes * n_ratios, seed).reshape(n_sizes, n_ratios, 2)
    ratios = np.sort(by_area[..., 1] / by_area[..., 0], axis=1)
    sizes = [
        np.sqrt(kmeans_shapes(objects, n_sizes, seed).prod(axis=1)),
        _geometric_mean(np.sqrt(by_area.prod(axis=2)), axis=1),
    ]
    either = [
        given[n_sizes:],
        np.quantile(sides[:, 1] / sides[:, 0], (np.arange(n_ratios) + 0.5) / n_ratios),
        _geometric_mean(ratios, axis=0),
        _geometric_mean(np.sort(ratios, axis=None).reshape(n_ratios, n_sizes), axis=1),
    ]
    return [np.concatenate([some, few]) for some in sizes for few in either]


def drawn_anchors(objects: ObjectsOnGrids, layout: Layout, generator: np.random.Generator) -> np.ndarray:
    """The sizes of some objects and the ratios of others: float64 [S + R]."""
    sides, n_sizes = _sides(objects), sum(layout.sizes)
    some, others = np.split(sides[generator.integers(len(sides), size=n_sizes + layout.ratios)], [n_sizes])
    return np.concatenate([np.sqrt(some.prod(axis=1)), others[:, 1] / others[:, 0]])


def kmeans_shapes(objects: ObjectsOnGrids, count: int, seed: int = 0) -> np.ndarray:
    """The widths and heights that `count` clusters of objects share, by area: float64 [count, 2].

    The distance is 1 - IoU of the two shapes laid on one corner (Redmon and Farhadi, "YOLO9000", section 2).
    """
    shapes = _sides(objects)
    generator = np.random.default_rng(seed)
    order = np.argsort(shapes.prod(axis=1))
    # spread over the sizes that are there, so that no cluster begins empty
    centres = shapes[order[np.linspace(0, len(order) - 1, count + 2).astype(int)[1:-1]]].copy()
    centres *= generator.uniform(0.99, 1.01, centres.shape)
    for _ in range(50):
        inter = np.minimum(shapes[:, None], centres).prod(axis=2)
        iou = inter / (shapes.prod(axis=1)[:, None] + centres.prod(axis=1) - inter)
        nearest = iou.argmax(axis=1)
        moved = np.stack(
            [np.median(shapes[nearest == k], axis=0) if (nearest == k).any() else centres[k] for k in range(count)]
        )
        if np.allclose(moved, centres):
            break
        centres = moved
    return centres[np.argsort(centres.prod(axis=1))]


def _sides(objects: ObjectsOnGrids) -> np.ndarray:
    """Widths and heights: float64 [N, 2]."""
    boxes = objects.boxes.double().numpy()
    return boxes[:, 2:] - boxes[:, :2]


def _geometric_mean(values: np.ndarray, axis: int) -> np.ndarray:
    return np.exp(np.log(values).mean(axis=axis))
