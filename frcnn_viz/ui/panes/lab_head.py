"""What the trained head makes of anchors that it was not trained with."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.outcomes import counted_finds, judge_picture
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


def body(here: Session) -> None:
    """Detections with the detector's own anchors and with the present ones."""
    if here.ground_truth is None:
        nothing_drawn(here)
        return
    now, own = here.settings, here.defaults
    try:
        rows = {word("lab.own").term: outcome(here, own), word("lab.now").term: outcome(here, now)}
    except ValueError as error:
        st.info(plain(f"It cannot be run: {error}"))
        return
    if (now.anchor_sizes, now.aspect_ratios) == (own.anchor_sizes, own.aspect_ratios):
        st.caption("These are the anchors it was trained with. Move a size to see what its deltas make of others.")
    else:
        st.warning(
            "Its deltas were learnt for its own sizes: what it makes of others is no measure of training with them."
        )
    told = {"found": st.column_config.Column(help=word("metric.finds").hover)}
    explained_table([{"with": name, **row} for name, row in rows.items()], beside=told)


def outcome(here: Session, settings: Settings) -> dict[str, int | str]:
    """Detections, objects found, and false alarms."""
    found, truth = here.trace_with(settings).detections, here.ground_truth
    outcomes = judge_picture(found.boxes_in_image, found.labels, truth, here.detector.classes)
    finds, counted = counted_finds(outcomes, truth, here.detector.classes)
    false_alarms = int(outcomes.false_alarms.sum())
    return {"detections": len(found), "found": f"{finds} of {counted}", "false alarms": false_alarms}
