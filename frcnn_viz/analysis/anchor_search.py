"""Better anchors for given objects: k-means as a start, then climbing on what is asked for.

It searches what Faster R-CNN really uses: sizes per level on their real strides and grids, rising from level to level,
and ratios shared by the levels, as the RPN's head is; rounded as torchvision rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from frcnn_viz.analysis.anchor_climb import Climber, Layout, shaken
from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids
from frcnn_viz.analysis.anchor_starts import drawn_anchors, kmeans_anchors
from frcnn_viz.analysis.anchor_value import value
from frcnn_viz.pipeline.settings import LevelTuples

MOST_OBJECTS = 4000
"""Looked at while the search roams; of more, a seeded sample. The last climb and the result are judged on all."""
FEW_OBJECTS = 10
"""Objects for each number that is chosen, under which a search learns them by heart."""
NO_PROMISE = (
    "Better recall of anchors is no promise of better average precision: the box head corrects much. Where it was "
    "measured, a recall at IoU 0.7 of 0.95 instead of 0.08 changed AP by 0.00 after three minutes of training. "
    "Train with both to know."
)
Progress = Callable[[int, int, float, LevelTuples, LevelTuples], bool]


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes:
        sizes, ratios: for each level, as round as costs nothing.
        before, after: the objective on all objects.
        steps: the climbs that were made.
    """

    sizes: LevelTuples
    ratios: LevelTuples
    before: float
    after: float
    steps: int


def search(
    objects: ObjectsOnGrids,
    sizes: LevelTuples,
    ratios: LevelTuples,
    objective: str = "recall_70",
    *,
    seed: int = 0,
    steps: int | None = None,
    progress: Progress = lambda step, steps, best, sizes, ratios: True,
) -> Found:
    """Look for sizes and ratios that serve the objects better; never worse than those given, or than k-means.

    It climbs from those given and from what k-means finds, then in turn from numbers drawn and from the best shaken.
    The number of sizes of each level and of ratios stays, so that the weights of a head still fit.

    Args:
        objects: to be served.
        sizes: to start from.
        ratios: likewise; those of the first level are taken for all.
        objective: of `OBJECTIVES`.
        seed: the same gives the same.
        steps: climbs; None takes 100, and up to 300 where the objects are few, which leave more to luck; of
            positives, which are slow to count, a third.
        progress: gets the step, their number, and the best value, sizes and ratios so far, several times a step;
            returning False stops with these.

    Raises:
        ValueError: there are no objects, the levels have different numbers of ratios, or no such objective.
    """
    if not len(objects):
        raise ValueError("there is no object to fit anchors to; add ground truth first.")
    if len({len(level) for level in ratios}) > 1:
        raise ValueError("the levels have different numbers of ratios; give each level as many.")
    layout = Layout(tuple(len(level) for level in sizes), len(ratios[0]))
    before = value(objects, sizes, ratios, objective)
    few = _sample(objects, seed)
    steps = steps or int(np.clip(400_000 // len(few), 100, 300)) // (3 if objective == "positives" else 1)
    climber, generator = Climber(few, layout, objective), np.random.default_rng(seed)
    given = np.array([size for level in sizes for size in level] + list(ratios[0]), dtype=np.float64)
    starts = [layout.tidy(start) for start in (given, *kmeans_anchors(few, sum(layout.sizes), given, seed))]
    starts.sort(key=climber.value, reverse=True)
    best, top, taken, stopped = starts[0], climber.value(starts[0]), 0, False
    while taken < steps and not stopped:
        if taken < len(starts):
            start = starts[taken]
        else:
            start = layout.tidy(shaken(best, generator, 1)[0] if taken % 2 else drawn_anchors(few, layout, generator))
        taken += 1
        for reached, vector in climber.climb(start, generator, over=top):
            if reached > top:
                best, top = vector, reached
            if stopped := not progress(taken, steps, top, *layout.anchors(best)):
                break
    if few is not objects:
        climber = Climber(objects, layout, objective)
        start = best = max([best, *starts], key=climber.value)
        for reached, best in climber.climb(start, generator) if not stopped else ():
            if stopped := not progress(taken, steps, reached, *layout.anchors(best)):
                break
    found = layout.anchors(_rounded(climber, best))
    after = value(objects, *found, objective)
    if after <= before:
        found, after = (sizes, ratios), before
    return Found(*found, before, after, taken)


def too_few(objects: int, sizes: LevelTuples, ratios: LevelTuples) -> str:
    """One sentence where the objects are too few for a search to learn more than these very ones; else empty."""
    chosen = sum(len(level) for level in sizes) + len(ratios[0])
    anchors = sum(len(some) * len(few) for some, few in zip(sizes, ratios, strict=True))
    if objects >= FEW_OBJECTS * chosen:
        return ""
    return (
        f"{objects:,} object{'s are' if objects != 1 else ' is'} few to choose {anchors} anchors by: a search fits "
        f"them by heart, and others may be served worse. Have {FEW_OBJECTS * chosen} or more, and confirm on others."
    )


def _rounded(climber: Climber, vector: np.ndarray) -> np.ndarray:
    """As round as costs nothing, number by number: tenths of a pixel, better whole ones, and ratios likewise."""
    best, n_sizes = climber.value(vector), sum(climber.layout.sizes)
    for place in range(len(vector)):
        for digits in (1, 0) if place < n_sizes else (3, 2, 1):
            tried = vector.copy()
            tried[place] = round(vector[place], digits)
            tried = climber.layout.tidy(tried)
            if climber.value(tried) >= best:
                vector = tried
    return vector


def generator_code(sizes: LevelTuples, ratios: LevelTuples) -> str:
    """Ready to paste: torchvision's generator with these anchors."""
    return (
        "from torchvision.models.detection.anchor_utils import AnchorGenerator\n\n"
        f"anchor_generator = AnchorGenerator(\n    sizes={_plain(sizes)},\n    aspect_ratios={_plain(ratios)},\n)\n"
        "# model.rpn.anchor_generator = anchor_generator   keeps the weights where the count per cell is the same\n"
    )


def _plain(levels: LevelTuples) -> tuple:
    return tuple(tuple(int(v) if float(v).is_integer() else float(v) for v in level) for level in levels)


def _sample(objects: ObjectsOnGrids, seed: int) -> ObjectsOnGrids:
    if len(objects) <= MOST_OBJECTS:
        return objects
    generator = torch.Generator().manual_seed(seed)
    return objects.take(torch.randperm(len(objects), generator=generator)[:MOST_OBJECTS].sort().values)
