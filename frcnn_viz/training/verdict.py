"""Did a change matter? What can be said of two arms of an experiment from a few seeds of each.

The same training with another seed gives another figure, so one run of each arm shows nothing. Both arms of a seed see
the same pictures in the same order, so their figures go up and down together: the differences seed by seed are what
counts (the paired t interval), and fewer seeds are needed than for runs that share nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its `stats` take a third of a second to load, which they do when first asked for

LEVEL = 0.95
"""Of a hundred intervals that are made so, as many hold the true difference as this says."""
POWER = 0.8
"""How likely a difference is to be seen with the seeds that `seeds_needed` gives."""
WORTH = 0.01
"""Of AP: the difference that the number of seeds is told for."""
MOST_SEEDS = 10_000


@dataclass(frozen=True)
class Verdict:
    """Of a second arm against a first one.

    Attributes:
        difference: mean of the second less that of the first.
        low, high: the interval in which the true difference lies, as far as these seeds tell (95 %).
        seeds: how many of each arm. needed: about how many it takes to see a difference of `WORTH`.
    """

    difference: float
    low: float
    high: float
    seeds: int
    needed: int

    @property
    def seen(self) -> bool:
        """Whether the interval leaves out 0, which is no difference."""
        return self.low > 0 or self.high < 0

    def sentence(self, first: str, second: str, figure: str = "AP") -> str:
        """In plain words."""
        between = f"between {self.low:+.3f} and {self.high:+.3f}"
        about = f"about {self.needed:,}" if self.needed < MOST_SEEDS else f"over {MOST_SEEDS:,}"
        if not self.seen:
            return (
                f"No difference seen: with {self.seeds} seeds the {figure} of {second} less that of {first} may lie "
                f"anywhere {between}, on either side of 0 (it needs {about} seeds to see {WORTH:g})."
            )
        better = second if self.difference > 0 else first
        return (
            f"{better} is better: the {figure} of {second} less that of {first} is {self.difference:+.3f}, and with "
            f"more seeds than these {self.seeds} it would most likely come to lie {between}."
        )


def compare(first: Sequence[float], second: Sequence[float]) -> Verdict:
    """What the figures of two arms tell, one for each seed, in the order of the same seeds.

    Raises:
        ValueError: there are fewer than two of an arm, or not as many of both; one is not finite.
    """
    a, b = np.asarray(first, float), np.asarray(second, float)
    if len(a) < 2 or len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} figures cannot be compared; give at least two of each arm.")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("a figure of an arm is not a number, so the arms cannot be compared.")
    difference, spread = float(b.mean() - a.mean()), float((b - a).std(ddof=1))
    reach = float(scipy.stats.t.ppf((1 + LEVEL) / 2, len(a) - 1)) * spread / math.sqrt(len(a))
    return Verdict(difference, difference - reach, difference + reach, len(a), seeds_needed(spread))


def seeds_needed(spread: float) -> int:
    """The fewest seeds of each arm that show a true difference of `WORTH` four times in five.

    `spread` is the standard deviation of the differences seed by seed. From a few seeds it is itself known badly, so
    this is a rough number.
    """
    low, high = 2, MOST_SEEDS
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _power(middle, spread) >= POWER else (middle + 1, high)
    return low


def _power(seeds: int, spread: float) -> float:
    """How likely the interval leaves out 0."""
    if spread <= WORTH / 10_000:  # so far from 0 the distribution is not a number to scipy
        return 1.0
    shift, edge = WORTH / spread * math.sqrt(seeds), scipy.stats.t.ppf((1 + LEVEL) / 2, seeds - 1)
    return float(scipy.stats.nct.sf(edge, seeds - 1, shift))
