from __future__ import annotations

import math

import pytest

from frcnn_viz.data.annotations import Object
from frcnn_viz.figures.experiment import LEAST_REACH, arms_text, band_of, cells, seeds_figure
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.experiment import Arm, Experiment
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.results import Row
from frcnn_viz.training.run import Run
from frcnn_viz.training.verdict import compare

OLD, NEW = (0.50, 0.60, 0.40), (0.51, 0.62, 0.43)


def test_there_is_a_dot_for_each_seed_and_arm() -> None:
    figure = seeds_figure(Row("AP", (OLD, NEW), None), ("old", "new"), (0, 1, 2), "AP")
    assert [tuple(trace.y) for trace in figure.data[:3]] == list(zip(OLD, NEW, strict=True))
    assert [trace.y[0] for trace in figure.data[3:]] == pytest.approx([0.5, 0.52])
    low, high = figure.layout.yaxis.range
    assert low < 0.4 < 0.62 < high


def test_the_axis_never_makes_much_of_little() -> None:
    figure = seeds_figure(Row("AP", ((0.5, 0.501), (0.502, 0.5)), None), ("old", "new"), (0, 1), "AP")
    low, high = figure.layout.yaxis.range
    assert high - low == pytest.approx(2 * LEAST_REACH)


def test_a_row_by_hand() -> None:
    # deviations of 0.4, 0.5, 0.6 and 0.43, 0.51, 0.62: 0.1 and 0.0954; the interval is that of the verdict's own test
    row = Row("AP", (OLD, NEW), compare(OLD, NEW))
    assert cells(row, "figures") == ("AP", "0.500 ± 0.100", "0.520 ± 0.095", "+0.020 (-0.005 to +0.045)")
    assert cells(Row("RBC", ((0.5,), (math.nan,)), None), "per_class") == ("RBC", "0.500", "none", "")


@pytest.mark.parametrize(("side", "band"), [(31.9, "small"), (32.0, "medium"), (95.9, "medium"), (96.0, "large")])
def test_bands_are_those_of_coco(side: float, band: str) -> None:
    assert band_of(Object((5.0, 5.0, 5.0 + side, 5.0 + side), "a")) == band


def test_arms_say_what_they_have_of_their_own() -> None:
    run = Run("e", Recipe(9), Variant("street-fpn"))
    sizes = {
        "anchor_sizes": [[8, 12], [16, 24], [32, 48], [64, 96], [128, 192]],
        "min_size": 320,
        "aspect_ratios": [[0.5, 2]] * 5,
    }
    made = Experiment(run, (Arm("old", {"parts": "heads"}), Arm("new", {"detector": sizes})))
    assert arms_text(made) == (
        "old: anchor sizes of the detector; anchor ratios of the detector; shorter side of the detector; "
        "what learns heads. new: anchor sizes 8 12 | 16 24 | 32 48 | 64 96 | 128 192; "
        "anchor ratios 0.5 2 on each map; shorter side 320; what learns all."
    )
