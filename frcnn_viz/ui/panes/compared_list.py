"""The detections of two views one by one, with what became of each from A to B."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.comparison import Difference, compare_detections
from frcnn_viz.figures.comparison import NAMES, differences_table
from frcnn_viz.ui.panes.compared import APART, found_on
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.words import word


def listed(a: Session, b: Session) -> None:
    """The tab `differences`."""
    if a.image.sha256 != b.image.sha256:
        st.info(APART)
        return
    found = found_on(a, b)
    rows = differences_table(found, compare_detections(found["a"], found["b"]))
    if not rows:
        st.info("Neither view finds anything; lower the score threshold.")
        return
    changed = sum(row[word("compare.kind").term] != NAMES[Difference.SAME] for row in rows)
    st.caption(f"Detections that differ: {changed:,} of {len(rows):,}.")
    explained_table(rows, height=500)
