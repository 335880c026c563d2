"""This picture's objects and the best anchor of each, while the sizes are turned."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.anchor_fit import fit_anchors
from frcnn_viz.figures.lab import object_layers, object_rows
from frcnn_viz.ui.anchor_dials import Drawn
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.objects import ObjectSet
from frcnn_viz.ui.panes.lab_controls import anchor_controls, check_levels
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import chosen_subjects, tell_set, this_image
from frcnn_viz.ui.tables import explained_table


def body(here: Session) -> None:
    """The picture, and the sliders beside it."""
    if here.ground_truth is None:
        nothing_drawn(here)
        return
    truth, now, own = here.ground_truth.counted, here.settings, here.defaults
    objects = ObjectSet.of([this_image(here)])
    placed = objects.placed(here, now.min_size, now.max_size)
    check_levels(here, placed.level_names)
    fit, threshold = fit_anchors(placed, now.anchor_sizes, now.aspect_ratios), now.rpn_fg_iou_thresh
    left, inspector = workbench()
    with inspector:
        subjects = chosen_subjects(here)
        whole, before = (ObjectSet.of(subjects).placed(here, s.min_size, s.max_size) for s in (now, own))
        fit_before = fit_anchors(before, own.anchor_sizes, own.aspect_ratios)
        anchor_controls(here, whole, fit_before, Drawn("lab", placed, truth.names, here.trace.input))
        tell_set(here, subjects)
        if objects.left_out:
            st.caption(objects.left_out)
        canvas_panel("lab_canvas")
        rows = object_rows(objects.number.tolist(), truth.names, placed.sizes, fit, threshold, placed.level_names)
        explained_table(rows, height=250)
        st.caption("Sizes are square roots of areas, in resized pixels.")
    with left:
        layers = object_layers(truth.boxes_in_image, truth.names, fit, threshold, here.trace.input)
        show_picture(here, "lab", layers)
