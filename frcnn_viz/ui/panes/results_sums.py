"""Results in sums: by class, verdict, size, stage or a tag, and the recall after every stage, of what is chosen."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.figures.metrics import stage_recalls_figure
from frcnn_viz.figures.results import group_figure, group_rows
from frcnn_viz.scale.queries import COLUMNS, TAG, groups, waterfall
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import choice
from frcnn_viz.ui.results import ask_chosen, head
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

BY = Option("results.by", "class")


def body(here: Session) -> None:
    results = head()
    if results is None:
        return
    chosen = ask_chosen(results)
    left, right = st.columns([3, 4])
    with left:
        offered = {name: word(f"results.by_{name}").term for name in (*COLUMNS, "quantile")}
        by = choice(BY, "results.by", offered | {TAG + name: name for name in results.tags})
        told, count = groups(results, by, chosen)
        if not told:
            st.info(word("results.none_chosen").sentence)
            return
        explained_table(group_rows(told), height=36 + 35 * min(len(told), 9))
        if count > len(told):
            st.caption(f"The {len(told):,} with the most misses and false alarms, of {count:,}.")
    with right:
        chart(group_figure(told), "result_groups", 206)
        steps = waterfall(results, chosen)
        if steps.objects:
            chart(stage_recalls_figure(steps.recalls), "result_stages", 236)
