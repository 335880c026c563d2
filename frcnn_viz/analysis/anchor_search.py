"""Better anchors for given objects: k-means on IoU as a start, then differential evolution on what is asked for.

It searches what Faster R-CNN really uses: sizes per level on their real strides and grids, ratios shared by the
levels, rounded as torchvision rounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import OptimizeResult, differential_evolution

from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids, count_anchors_over, fit_anchors
from frcnn_viz.pipeline.settings import LevelTuples

OBJECTIVES = {
    "mean": "mean best IoU",
    "recall_50": "recall at IoU 0.5",
    "recall_70": "recall at IoU 0.7",
    "positives": "objects with a positive, then positives per object",
}
MOST_OBJECTS = 4000
"""Looked at in each step of the search; of more, a seeded sample. The result is judged on all."""
_SMALLEST, _LARGEST = 4.0, 1024.0
_RATIO = 8.0
Progress = Callable[[int, int, float, LevelTuples, LevelTuples], bool]


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes:
        sizes, ratios: for each level, rounded to whole pixels and hundredths.
        before, after: the objective on all objects.
        steps: of the evolution. stopped: by the caller.
    """

    sizes: LevelTuples
    ratios: LevelTuples
    before: float
    after: float
    steps: int
    stopped: bool


def value(objects: ObjectsOnGrids, sizes: LevelTuples, ratios: LevelTuples, objective: str) -> float:
    """How good anchors are for the objects; more is better. Ties of a recall are broken by the mean best IoU.

    Raises:
        ValueError: no such objective.
    """
    if objective not in OBJECTIVES:
        raise ValueError(f"there is no objective {objective!r}; choose one of {', '.join(OBJECTIVES)}.")
    iou = fit_anchors(objects, sizes, ratios).iou
    mean = float(iou.mean())
    if objective == "mean":
        return mean
    if objective == "positives":
        count = count_anchors_over(objects, sizes, ratios, 0.7)
        return float((count > 0).float().mean()) + 0.01 * float(count.clamp(max=20).float().mean()) / 20
    return float((iou >= (0.5 if objective == "recall_50" else 0.7)).float().mean()) + 0.01 * mean


def search(
    objects: ObjectsOnGrids,
    sizes: LevelTuples,
    ratios: LevelTuples,
    objective: str = "recall_70",
    *,
    seed: int = 0,
    steps: int = 40,
    progress: Progress = lambda step, steps, best, sizes, ratios: True,
) -> Found:
    """Look for sizes and ratios that serve the objects better; never worse than those given.

    The number of sizes of each level and of ratios stays, so that the weights of a head still fit.

    Args:
        objects: to be served.
        sizes: to start from.
        ratios: likewise; those of the first level are taken for all.
        objective: of `OBJECTIVES`.
        seed: the same gives the same.
        steps: of the evolution, at most.
        progress: gets the step, their number, and the best value, sizes and ratios so far; returning False stops
            with these.

    Raises:
        ValueError: there are no objects, the levels have different numbers of ratios, or no such objective.
    """
    if not len(objects):
        raise ValueError("there is no object to fit anchors to; add ground truth first.")
    if len({len(level) for level in ratios}) > 1:
        raise ValueError("the levels have different numbers of ratios; give each level as many.")
    before = value(objects, sizes, ratios, objective)
    layout = [len(level) for level in sizes]
    few = _sample(objects, seed)
    bounds = _bounds(sum(layout), len(ratios[0]))
    population = _population(few, _to_vector(sizes, ratios), sum(layout), len(ratios[0]), bounds, seed)
    taken = 0
    stopped = False

    def loss(vector: np.ndarray) -> float:
        return -value(few, *_from_vector(vector, layout), objective)

    def after_step(intermediate_result: OptimizeResult) -> bool:
        nonlocal taken, stopped
        taken += 1
        best = _from_vector(intermediate_result.x, layout)
        stopped = not progress(taken, steps, -float(intermediate_result.fun), *best)
        return stopped

    result = differential_evolution(
        loss, bounds, init=population, maxiter=steps, seed=seed, tol=1e-8, polish=False, callback=after_step
    )
    best = _from_vector(result.x, layout)
    after = value(objects, *best, objective)
    if after <= before:
        best, after = (sizes, ratios), before
    return Found(*best, before, after, taken, stopped)


def kmeans_shapes(objects: ObjectsOnGrids, count: int, seed: int = 0) -> np.ndarray:
    """The widths and heights that `count` clusters of objects share, by area: float64 [count, 2].

    The distance is 1 - IoU of the two shapes laid on one corner (Redmon and Farhadi, "YOLO9000", section 2).
    """
    boxes = objects.boxes.double().numpy()
    shapes = np.stack([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]], axis=1)
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


def generator_code(sizes: LevelTuples, ratios: LevelTuples) -> str:
    """Ready to paste: torchvision's generator with these anchors."""
    return (
        "from torchvision.models.detection.anchor_utils import AnchorGenerator\n\n"
        f"anchor_generator = AnchorGenerator(\n    sizes={_plain(sizes)},\n    aspect_ratios={_plain(ratios)},\n)\n"
        "# model.rpn.anchor_generator = anchor_generator   keeps the weights where the count per cell is the same\n"
    )


def _plain(levels: LevelTuples) -> tuple:
    return tuple(tuple(int(v) if float(v).is_integer() else float(v) for v in level) for level in levels)


def _bounds(n_sizes: int, n_ratios: int) -> np.ndarray:
    """The logarithms of the least and the largest value of each size, then of each ratio: [D, 2]."""
    sizes, ratios = (math.log(_SMALLEST), math.log(_LARGEST)), (-math.log(_RATIO), math.log(_RATIO))
    return np.array([sizes] * n_sizes + [ratios] * n_ratios)


def _population(
    objects: ObjectsOnGrids, start: np.ndarray, n_sizes: int, n_ratios: int, bounds: np.ndarray, seed: int
) -> np.ndarray:
    """What was given, what k-means gives, and variations of both, some near and some far."""
    sizes = np.sqrt(kmeans_shapes(objects, n_sizes, seed).prod(axis=1))
    boxes = objects.boxes.double()
    every = ((boxes[:, 3] - boxes[:, 1]) / (boxes[:, 2] - boxes[:, 0])).log().numpy()
    ratios = np.quantile(every, (np.arange(n_ratios) + 0.5) / n_ratios)
    clusters = np.concatenate([np.log(sizes), ratios])
    generator = np.random.default_rng(seed)
    rows = [start, clusters, np.concatenate([clusters[:n_sizes], start[n_sizes:]])]
    for spread in (0.05, 0.15, 0.3, 0.6):
        rows += [row + generator.normal(0, spread, len(start)) for row in rows[:3] for _ in range(2)]
    return np.clip(np.stack(rows), *bounds.T)


def _to_vector(sizes: LevelTuples, ratios: LevelTuples) -> np.ndarray:
    flat = [math.log(size) for level in sizes for size in level]
    return np.array(flat + [math.log(ratio) for ratio in ratios[0]])


def _from_vector(vector: np.ndarray, layout: list[int]) -> tuple[LevelTuples, LevelTuples]:
    """Sizes to whole pixels and ratios to hundredths, each level's in rising order."""
    values = np.exp(vector)
    sizes, place = [], 0
    for count in layout:
        sizes.append(tuple(sorted(float(max(1, round(size))) for size in values[place : place + count])))
        place += count
    ratios = tuple(sorted(max(0.01, round(float(ratio), 2)) for ratio in values[place:]))
    return tuple(sizes), (ratios,) * len(layout)


def _sample(objects: ObjectsOnGrids, seed: int) -> ObjectsOnGrids:
    if len(objects) <= MOST_OBJECTS:
        return objects
    generator = torch.Generator().manual_seed(seed)
    return objects.take(torch.randperm(len(objects), generator=generator)[:MOST_OBJECTS].sort().values)
