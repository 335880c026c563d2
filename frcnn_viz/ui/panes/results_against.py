"""Two results on the same images: sums of what one finds and the other misses, and those objects."""

from __future__ import annotations

import json

import streamlit as st

from frcnn_viz.figures.results import difference_figure, difference_rows
from frcnn_viz.pipeline.settings import FIELD_NAMES
from frcnn_viz.scale.folder import Plan
from frcnn_viz.scale.versus import COLUMNS, Versus
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import number, segments
from frcnn_viz.ui.panes.results_worst import finding_wall
from frcnn_viz.ui.results import AGAINST, ask, paired
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

BY, SIDE, PAGE = Option("results.part", "class"), Option("results.side", "won"), Option("results.at", 1)
PER_PAGE = 12


def body(here: Session) -> None:
    first, second = st.columns(2)
    with first:
        a = ask()
    if a is None:
        return
    with second:
        b = ask(AGAINST, "results.against")
    if b is None:
        st.info(word("results.no_second").sentence)
        return
    versus = paired(a, b)
    tell_shared(versus)
    if not versus.shared.objects:
        return
    left, right = st.columns(2)
    with left:
        by = segments(BY, "results.part", {name: word(f"results.by_{name}").term for name in COLUMNS})
        told = versus.differences(by)
        chart(difference_figure(told), "result_differences", 280)
        explained_table(difference_rows(told), height=36 + 35 * min(len(told), 8))
    with right:
        wall(versus, sum(one.won for one in told), sum(one.lost for one in told))


def tell_shared(versus: Versus) -> None:
    """How much is compared, and what is not."""
    shared = versus.shared
    apart = {
        "with other objects in the two": shared.other_truth,
        "only in A": shared.only_a,
        "only in B": shared.only_b,
    }
    told = ", ".join(f"{count:,} {where}" for where, count in apart.items() if count)
    st.markdown(
        f"A is {plain(versus.a.plan.model)}, B {plain(versus.b.plan.model)}: {shared.objects:,} objects on "
        f"{shared.images:,} images that both examined." + (f" Left out are images: {told}." if told else "")
    )
    if differing := _differing(versus.a.plan, versus.b.plan):
        st.caption(f"A and B differ in {', '.join(differing)}.")


def _differing(a: Plan, b: Plan) -> list[str]:
    """Weights and settings of two runs that are not the same, in words."""
    weights = ["their weights"] if a.fingerprint != b.fingerprint else []
    pairs = [(name, a.settings.get(name), b.settings.get(name)) for name in FIELD_NAMES]
    return weights + [
        f"{word(name).term} ({plain(_short(one))} in A, {plain(_short(other))} in B)"
        for name, one, other in pairs
        if one != other
    ]


def _short(value: object) -> str:
    return f"{json.dumps(value):.60}"


def wall(versus: Versus, won: int, lost: int) -> None:
    titles = {side: f"{word(f'results.{side}').term}: {count:,}" for side, count in (("won", won), ("lost", lost))}
    side = segments(SIDE, "results.side", titles)
    count = won if side == "won" else lost
    if not count:
        st.info(word("results.no_such").sentence)
        return
    page = number(PAGE, "results.page", 1, -(-count // PER_PAGE))
    with st.spinner(word("results.loading").sentence):
        told = versus.objects(side == "won", PER_PAGE, (page - 1) * PER_PAGE)
        finding_wall(versus.a if side == "won" else versus.b, told, f"result_{side}", 110)
    st.caption("The surest finds first; what is told is the verdict of the one that misses it.")
