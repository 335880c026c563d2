"""How all anchors are labelled, and how each object is served."""

from __future__ import annotations

import streamlit as st
import torch

from frcnn_viz.figures.anchors import object_table
from frcnn_viz.figures.common import bars
from frcnn_viz.figures.palette import REASON_NAMES, REASONS
from frcnn_viz.pipeline.matching import MatchReason
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.panes.matched import matched
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table


def body(here: Session) -> None:
    """A chart of the anchors and a table of the objects."""
    if here.ground_truth is None:
        nothing_drawn(here)
        return
    matches, truth = matched(here).matches, here.ground_truth
    counts = torch.bincount(matches.reason.long().cpu(), minlength=len(MatchReason)).tolist()
    there = [reason for reason in REASONS if counts[reason] or reason is not MatchReason.OUTSIDE]
    names, values = [REASON_NAMES[r] for r in there], [float(counts[r]) for r in there]
    left, right = st.columns(2)
    with left:
        chart(bars(names, values, [REASONS[r] for r in there], "All anchors by label", log=True), "reasons", 300)
    threshold = here.settings.rpn_fg_iou_thresh
    with right:
        explained_table(object_table(matches, truth.names, truth.ignored.tolist(), threshold), height=460)
