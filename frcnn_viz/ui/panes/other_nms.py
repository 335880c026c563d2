"""What other rules than the detector's own NMS would keep of the same boxes."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.nms import FINAL, court_of, keep_across_groups, keep_with, soft_nms
from frcnn_viz.analysis.outcomes import counted_finds, judge_picture
from frcnn_viz.ui.controls import setting_slider
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.words import word


def body(here: Session) -> None:
    """The final NMS as it is, across classes, and as Soft-NMS: how many boxes each keeps, and how many are right."""
    setting_slider("box_nms_thresh")
    court, truth, limit = court_of(here.trace, FINAL), here.ground_truth, here.settings.box_detections_per_img
    if not len(court.kept):
        st.info("Nothing enters the final NMS at these settings; lower a score threshold.")
        return
    soft_rows, soft_scores = soft_nms(court, score_thresh=here.settings.box_score_thresh, most=limit)
    ways = {
        f"as it is, IoU {court.threshold:g}": (keep_with(court, court.threshold), None),
        "class-agnostic": (keep_across_groups(court, court.threshold, limit), None),
        "Soft-NMS, sigma 0.5": (soft_rows, soft_scores),
    }
    rows = []
    for name, (kept, scores) in ways.items():
        order = (court.scores[kept] if scores is None else scores).argsort(descending=True, stable=True)[:limit]
        kept = kept[order]
        line = {"NMS": name, "kept": len(kept)}
        if truth is not None:
            boxes = here.trace.input.boxes_in_image(court.boxes[kept])
            outcomes = judge_picture(boxes, court.groups[kept], truth, here.detector.classes)
            found, counted = counted_finds(outcomes, truth, here.detector.classes)
            line |= {"found": f"{found} of {counted}", "false alarms": int(outcomes.false_alarms.sum())}
        rows.append(line)
    explained_table(rows, beside={"found": st.column_config.Column(help=word("metric.finds").hover)})
    st.caption(
        "On the same scored boxes of the final NMS, after the limit on detections. Soft-NMS lowers scores instead of "
        "removing boxes."
    )
