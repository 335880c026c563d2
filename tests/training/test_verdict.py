from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from frcnn_viz.training.verdict import POWER, compare, seeds_needed

FIGURES = st.lists(st.floats(0, 1), min_size=2, max_size=8)


def test_by_hand() -> None:
    # differences 0.01, 0.02, 0.03: mean 0.02, deviation 0.01; t of 97.5 % at 2 degrees is 4.3027
    verdict = compare([0.50, 0.60, 0.40], [0.51, 0.62, 0.43])
    reach = 4.30265 * 0.01 / math.sqrt(3)
    assert verdict.difference == pytest.approx(0.02)
    assert (verdict.low, verdict.high) == (pytest.approx(0.02 - reach, abs=1e-6), pytest.approx(0.02 + reach, abs=1e-6))
    assert not verdict.seen
    assert "No difference seen: with 3 seeds the AP of new less that of old" in verdict.sentence("old", "new")
    assert f"(it needs about {verdict.needed} seeds to see 0.01)" in verdict.sentence("old", "new")


def test_a_difference_that_all_seeds_share_is_seen() -> None:
    old, new = [0.50, 0.60, 0.40], [0.52, 0.621, 0.419]
    assert compare(old, new).seen
    assert compare(old, new).sentence("old", "new").startswith("new is better: the AP of new less that of old is +0.02")
    assert compare(new, old).sentence("new", "old").startswith("new is better: the AP of old less that of new is -0.02")


def test_the_interval_is_that_of_scipy() -> None:
    a, b = [0.5, 0.61, 0.4, 0.44], [0.52, 0.6, 0.43, 0.5]
    verdict, interval = compare(a, b), stats.ttest_rel(b, a).confidence_interval(0.95)
    assert (verdict.low, verdict.high) == (pytest.approx(interval.low), pytest.approx(interval.high))


@settings(deadline=None)
@given(FIGURES, st.data())
def test_which_comes_first_does_not_matter(a: list[float], data: st.DataObject) -> None:
    b = data.draw(st.lists(st.floats(0, 1), min_size=len(a), max_size=len(a)))
    one, other = compare(a, b), compare(b, a)
    assert one.low == pytest.approx(-other.high, abs=1e-12)
    assert one.low <= one.difference <= one.high
    assert one.needed == other.needed


def test_seeds_needed_are_the_fewest_that_see_it_four_times_in_five() -> None:
    # a known table: a paired test of an effect of half a deviation takes 34 pairs
    assert seeds_needed(0.02) == 34
    assert seeds_needed(0.0) == seeds_needed(1e-17) == 2  # differences that are equal but for rounding
    draws = np.random.default_rng(0).normal(0.01, 0.02, (2000, 34))
    seen = stats.ttest_1samp(draws, 0, axis=1).pvalue < 0.05
    assert seen.mean() == pytest.approx(POWER, abs=0.03)


@pytest.mark.parametrize(("a", "b"), [([0.1], [0.2]), ([0.1, 0.2], [0.1, 0.2, 0.3]), ([0.1, math.nan], [0.1, 0.2])])
def test_what_cannot_be_compared_is_told(a: list[float], b: list[float]) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        compare(a, b)
