"""Anchors judged by all objects of a set: recall by class and size, and which objects gain or lose an anchor."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.anchor_fit import Fit
from frcnn_viz.analysis.anchor_report import changed, report
from frcnn_viz.figures.lab import comparison
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.objects import ObjectSet, object_wall
from frcnn_viz.ui.panes.lab_controls import anchor_controls, check_levels
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import chosen_subjects, tell_set
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.words import word

SHOWN = 12


def body(here: Session) -> None:
    """Table and objects, and the sliders with their histogram beside them."""
    left, inspector = workbench()
    now, own, threshold = here.settings, here.defaults, here.settings.rpn_fg_iou_thresh
    with left:
        subjects = chosen_subjects(here)
        tell_set(here, subjects)
        objects = ObjectSet.of(subjects)
        if objects.left_out:
            st.caption(objects.left_out)
    placed = objects.placed(here, now.min_size, now.max_size)
    check_levels(here, placed.level_names)
    before = report(objects.placed(here, own.min_size, own.max_size), own.anchor_sizes, own.aspect_ratios, threshold)
    with inspector:
        anchor_controls(here, placed, before.fit)
    if not len(objects):
        with left:
            nothing_drawn(here)
        return
    after = report(placed, now.anchor_sizes, now.aspect_ratios, threshold)
    with left:
        explained_table(comparison(before.rows, after.rows), height=320)
        st.caption("The detector's own anchors and resize → these. Of each object its best anchor counts.")
        show_changes(objects, before.fit, after.fit, threshold)


def show_changes(objects: ObjectSet, before: Fit, after: Fit, threshold: float) -> None:
    """The objects that gain and lose an anchor, to click."""
    gained, lost = changed(before, after, threshold)
    for kind, rows in (("gained", gained), ("lost", lost)):
        if len(rows):
            told = word(f"lab.{kind}")
            st.markdown(f"**{told.term}**: {len(rows):,}, IoU {threshold:g}", help=told.hover)
            tiles = [
                (*objects.place(index), f"{float(before.iou[index]):.2f} → {float(after.iou[index]):.2f}")
                for index in rows.tolist()
            ]
            object_wall(tiles, f"lab_{kind}", SHOWN, page="training", width=90)
    if not len(gained) and not len(lost):
        st.caption(f"No object gains or loses an anchor of IoU {threshold:g}.")
