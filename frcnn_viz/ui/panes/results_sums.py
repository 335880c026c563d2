"""Results in sums: by class, verdict, size, stage or a tag, and the recall after every stage, of what is chosen."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.figures.metrics import stage_recalls_figure
from frcnn_viz.figures.results import group_figure, group_rows
from frcnn_viz.scale.queries import COLUMNS, TAG, groups, waterfall
from frcnn_viz.scale.results import Results
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import choice
from frcnn_viz.ui.results import ask, ask_chosen
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

BY = Option("results.by", "class")


def body(here: Session) -> None:
    results = ask()
    if results is None:
        return
    tell(results)
    chosen = ask_chosen(results)
    left, right = st.columns([2, 3])
    with left:
        offered = {name: word(f"results.by_{name}").term for name in (*COLUMNS, "quantile")}
        by = choice(BY, "results.by", offered | {TAG + name: name for name in results.tags})
        told, count = groups(results, by, chosen)
        if not told:
            st.info(word("results.none_chosen").sentence)
            return
        st.dataframe(group_rows(told), hide_index=True, height=36 + 35 * min(len(told), 9))
        if count > len(told):
            st.caption(f"The {len(told):,} with the most misses and false alarms, of {count:,}.")
    with right:
        chart(group_figure(told), "result_groups", 300)
        steps = waterfall(results, chosen)
        if steps.objects:
            chart(stage_recalls_figure(steps.recalls), "result_stages", 300)


def tell(results: Results) -> None:
    """How much there is, and of what."""
    total, plan = results.totals, results.plan
    done = f"{total.images:,} images" if len(results.done) >= plan.shards else f"{total.images:,} images so far"
    left_out = f" {total.problems:,} could not be examined." if total.problems else ""
    st.markdown(
        f"**{plain(plan.title)}**, {plain(plan.model)}: {done}, {total.missed:,} of {total.found + total.missed:,} "
        f"objects missed, {total.false_alarms:,} false alarms.{left_out}"
    )
