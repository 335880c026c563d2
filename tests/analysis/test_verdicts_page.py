"""`docs/verdicts.md` holds every verdict with its stage, mechanism and settings, and every kind of false alarm."""

from __future__ import annotations

import pytest

from frcnn_viz.analysis.false_alarms import Mistake
from frcnn_viz.analysis.fixes import KNOBS, TRIED
from frcnn_viz.analysis.verdicts import MECHANISMS, Verdict
from frcnn_viz.analysis.waterfall import LOST_AT
from frcnn_viz.paths import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| **")
]


def test_the_page_has_all_of_them_in_order() -> None:
    names = [row[0].strip("*") for row in ROWS]
    assert names == [*(verdict.value for verdict in Verdict), *(mistake.value for mistake in Mistake)]


@pytest.mark.parametrize("verdict", MECHANISMS)
def test_a_verdicts_row_is_what_the_code_says(verdict: Verdict) -> None:
    _, stage, rule, mechanism, mends = next(row for row in ROWS if row[0] == f"**{verdict.value}**")
    assert rule.endswith(".")
    assert (stage, mechanism) == (LOST_AT[verdict], MECHANISMS[verdict].value)
    settings = {KNOBS[name].name for name in TRIED[verdict]} - {"min_size"}
    assert {part for part in mends.split("`") if part.startswith(("rpn_", "box_"))} == settings
