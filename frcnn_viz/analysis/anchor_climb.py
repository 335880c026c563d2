"""Climbing: anchors bettered one number at a time, each tried at many values at once.

Shape shorthand: N objects; S sizes of all levels; R ratios, shared by the levels; T trials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np

from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids
from frcnn_viz.analysis.anchor_value import TIE, Served, of_counts, of_ious
from frcnn_viz.pipeline.settings import LevelTuples

_STEPS = np.array([0.001, 0.003, 0.007, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5])
_FACTORS = np.concatenate([1 + _STEPS, 1 / (1 + _STEPS)])
_ANYWHERE = 6
"""Trials drawn over the whole range, beside those around what is there."""
_SPREADS = (0.005, 0.02, 0.05, 0.15, 0.5)
"""How far numbers are shaken, as parts of themselves."""
_TRIED = 2**18
"""Shapes times objects looked at when luck is tried."""
_COUNTED = 2**14
"""Trials times objects whose positives are counted at once, which takes long: of those that reach most objects."""
_PAIRS = 2**22
"""Shapes and objects looked at at once."""
Serve = Callable[[int, np.ndarray, np.ndarray], np.ndarray]
SIZE_DIGITS, RATIO_DIGITS = 2, 4
SMALLEST, LARGEST, RATIO = 1.0, 2048.0, 16.0


@dataclass(frozen=True)
class Layout:
    """Which numbers are chosen: a vector [S + R] of all sizes in rising order, then the ratios in rising order.

    Attributes:
        sizes: how many each level has. ratios: R.
    """

    sizes: tuple[int, ...]
    ratios: int

    @property
    def levels(self) -> list[int]:
        """Of each size [S]."""
        return [level for level, count in enumerate(self.sizes) for _ in range(count)]

    def tidy(self, vector: np.ndarray) -> np.ndarray:
        """Rounded, within bounds and in order: float64 [..., S + R], one or many."""
        sizes, ratios = np.split(vector, [sum(self.sizes)], axis=-1)
        sizes = np.sort(sizes.round(SIZE_DIGITS).clip(SMALLEST, LARGEST))
        return np.concatenate([sizes, np.sort(ratios.round(RATIO_DIGITS).clip(1 / RATIO, RATIO))], axis=-1)

    def anchors(self, vector: np.ndarray) -> tuple[LevelTuples, LevelTuples]:
        """Sizes and ratios for each level."""
        values, ends = vector.tolist(), list(accumulate(self.sizes))
        parts = tuple(tuple(values[end - count : end]) for count, end in zip(self.sizes, ends, strict=True))
        return parts, (tuple(values[ends[-1] :]),) * len(self.sizes)


def shaken(vector: np.ndarray, generator: np.random.Generator, count: int) -> np.ndarray:
    """Some of the numbers moved at random, a little or far, in so many ways: float64 [count, S + R]."""
    moved = generator.random((count, len(vector))) < generator.uniform(0.2, 1, (count, 1))
    spread = generator.choice(_SPREADS, (count, 1))
    return vector * np.exp(moved * spread * generator.standard_normal(moved.shape))


class Climber:
    """Anchors of a layout, for the objects of one set and one objective."""

    def __init__(self, objects: ObjectsOnGrids, layout: Layout, objective: str) -> None:
        self.layout, self._objective, self._served = layout, objective, Served(objects)
        self._block = max(1, _PAIRS // max(1, len(objects) * max(sum(layout.sizes), layout.ratios)))
        self._tries = int(np.clip(_TRIED // max(1, len(objects) * sum(layout.sizes) * layout.ratios), 8, 256))
        self._counted = max(4, _COUNTED // max(1, len(objects)))
        self._row = lru_cache(maxsize=4 * sum(layout.sizes))(_row)  # most are as they were before the last change
        # What hardly differs from positives and needs no counting goes first.
        self._guide = Climber(objects, layout, "recall_70") if objective == "positives" else None

    def value(self, vector: np.ndarray) -> float:
        """As `anchor_value.value` has it."""
        if self._guide:
            return float(of_counts(self._grid(vector, self._served.counts).sum(axis=(0, 1))[None])[0])
        return float(of_ious(self._grid(vector, self._served.ious).max(axis=(0, 1))[None], self._objective)[0])

    def climb(
        self, vector: np.ndarray, generator: np.random.Generator, over: float = -1.0
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Better one number after the other, then all by luck, until nothing is gained.

        Args:
            vector: to start from, [S + R].
            generator: of the luck.
            over: it is given up where it does not look as if it could lead to more.

        Yields:
            After each round the value and the vector so far.
        """
        if self._guide:
            *_, (_, vector) = self._guide.climb(vector, generator)
        best, gained = self.value(vector), True
        if self._guide and best + TIE / 4 <= over:
            yield best, vector
            return
        while gained:
            gained = False
            for place in range(len(vector)):
                tried = self._trials(vector, place, generator)
                for trials in np.split(tried, range(self._block, len(tried), self._block)):
                    values = self._values(vector, place, trials, best)
                    top = int(values.argmax())
                    if values[top] > best:
                        best, gained = float(values[top]), True
                        vector = vector.copy()
                        vector[place] = trials[top]
            vector = self.layout.tidy(vector)
            if not self._guide:
                tried = self.layout.tidy(shaken(vector, generator, self._tries))
                values = of_ious(self._ious_of_many(tried), self._objective)
                if values.max() > best:
                    best, vector, gained = float(values.max()), tried[values.argmax()], True
            yield best, vector

    def _ious_of_many(self, vectors: np.ndarray) -> np.ndarray:
        """The best IoU with each object of each of the vectors [T, S + R]: float32 [T, N]."""
        sizes, ratios = np.split(vectors, [sum(self.layout.sizes)], axis=1)
        best = np.zeros((), dtype=np.float32)
        for level, size in zip(self.layout.levels, sizes.T, strict=True):
            for ratio in ratios.T:
                best = np.maximum(best, self._served.ious(level, size, ratio))
        return best

    def _values(self, vector: np.ndarray, place: int, trials: np.ndarray, best: float) -> np.ndarray:
        """The value with one number at each of the trials, [T]; of what is no better than `best` perhaps less."""
        rest = self._others(vector, place, self._served.ious).max(axis=0, initial=0)
        iou = np.maximum(self._shapes(vector, place, trials, self._served.ious).max(axis=0), rest)
        if not self._guide:
            return of_ious(iou, self._objective)
        values = (iou >= 0.7).mean(axis=1)
        likely = np.argsort(-of_ious(iou, "recall_70"), kind="stable")[: self._counted]
        likely = likely[values[likely] + TIE > best]
        if len(likely):
            rest = self._others(vector, place, self._served.counts).sum(axis=0)
            values[likely] = of_counts(
                self._shapes(vector, place, trials[likely], self._served.counts).sum(axis=0) + rest
            )
        return values

    def _trials(self, vector: np.ndarray, place: int, generator: np.random.Generator) -> np.ndarray:
        """What one number may become: around itself and anywhere, a size not beyond those of other levels: [T]."""
        low, high, digits = 1 / RATIO, RATIO, RATIO_DIGITS
        if place < sum(self.layout.sizes):
            levels = np.array(self.layout.levels)
            low = max(vector[: len(levels)][levels < levels[place]], default=SMALLEST)
            high = min(vector[: len(levels)][levels > levels[place]], default=LARGEST)
            digits = SIZE_DIGITS
        anywhere = np.exp(generator.uniform(np.log(low), np.log(high), _ANYWHERE))
        return np.concatenate([vector[place] * _FACTORS, anywhere]).round(digits).clip(low, high)

    def _shapes(self, vector: np.ndarray, place: int, trials: np.ndarray, of: Serve) -> np.ndarray:
        """What the shapes that one number takes part in do with it at each of the trials: [R or S, T, N]."""
        sizes, ratios = np.split(vector, [sum(self.layout.sizes)])
        if place < len(sizes):
            level = self.layout.levels[place]
            return np.stack([of(level, trials, np.full(len(trials), ratio)) for ratio in ratios])
        levels = zip(self.layout.levels, sizes, strict=True)
        return np.stack([of(level, np.full(len(trials), size), trials) for level, size in levels])

    def _grid(self, vector: np.ndarray, of: Serve) -> np.ndarray:
        """What every shape does: [S, R, N]."""
        sizes, ratios = np.split(vector, [sum(self.layout.sizes)])
        levels = zip(self.layout.levels, sizes, strict=True)
        return np.stack([self._row(of, level, size, tuple(ratios)) for level, size in levels])

    def _others(self, vector: np.ndarray, place: int, of: Serve) -> np.ndarray:
        """What the shapes do that one number takes no part in: [others, N]."""
        n_sizes = sum(self.layout.sizes)
        axis, index = (0, place) if place < n_sizes else (1, place - n_sizes)
        grid = np.delete(self._grid(vector, of), index, axis)
        return grid.reshape(-1, grid.shape[-1])


def _row(of: Serve, level: int, size: float, ratios: tuple[float, ...]) -> np.ndarray:
    """What one size does at every ratio: [R, N]."""
    return of(level, np.full(len(ratios), size), np.array(ratios))
