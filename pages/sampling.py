import streamlit as st
import torch

from frcnn_viz.analysis.conventions import snap_to_grid
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.figures.anchors import match_layer, object_table, sample_roles
from frcnn_viz.figures.common import bars, ground_truth_layer
from frcnn_viz.figures.losses import delta_table
from frcnn_viz.figures.matching import (
    anchor_rows,
    object_alarm,
    objects_of_anchor,
    ranked_layer,
    target_layers,
)
from frcnn_viz.figures.palette import REASON_NAMES, REASONS
from frcnn_viz.pipeline.boxes import to_input
from frcnn_viz.pipeline.matching import AnchorMatches, MatchReason
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import draw_again_button, setting_slider
from frcnn_viz.ui.page import run_page
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain

SHOWN = ("mini-batch", "all positives", "positives and ignored", "nothing")


def chosen_anchors(here: Session, matches: AnchorMatches, which: str) -> torch.Tensor:
    if which == "all positives":
        return (matches.labels == 1).nonzero()[:, 0]
    if which == "positives and ignored":
        return (matches.labels != 0).nonzero()[:, 0]
    if which == "nothing":
        return torch.zeros(0, dtype=torch.int64)
    return sample_roles(here.trace.sample(matches))


def show_reasons(matches: AnchorMatches) -> None:
    counts = torch.bincount(matches.reason.long().cpu(), minlength=len(MatchReason)).tolist()
    there = [reason for reason in REASONS if counts[reason] or reason is not MatchReason.OUTSIDE]
    names, values = [REASON_NAMES[r] for r in there], [float(counts[r]) for r in there]
    chart(bars(names, values, [REASONS[r] for r in there], "All anchors by label", log=True), "reasons", height=230)


def show_object(here: Session, matches: AnchorMatches, truth: torch.Tensor, object_: int) -> None:
    names, trace = here.trace.features.names, here.trace
    st.markdown(f"**Object {object_}**, {plain(here.ground_truth.names[object_])}")
    if here.ground_truth.ignored[object_]:
        st.info("It is a crowd, or difficult, and no target.")
        return
    sentence = object_alarm(matches, object_, here.settings.rpn_fg_iou_thresh)
    (st.success if sentence.startswith("Best") else st.warning)(sentence)
    rows = anchor_rows(trace.anchors, matches, truth[object_], object_, names, trace.input)
    st.dataframe(rows, hide_index=True, height=300)


def show_anchor(here: Session, matches: AnchorMatches, truth: torch.Tensor, anchor: int) -> None:
    grid, names = here.trace.anchors, here.trace.features.names
    level, row, column, shape = grid.place(anchor)
    size, ratio = grid.shapes[level][shape]
    st.markdown(
        f"**Anchor {anchor:,}**: level {names[level]}, row {row}, column {column}, size {size:g}, ratio {ratio:g}"
    )
    st.markdown(MatchReason(int(matches.reason[anchor])).sentence)
    overlapped = objects_of_anchor(grid, anchor, truth, here.ground_truth.names)
    if overlapped:
        st.dataframe(overlapped, hide_index=True, height=150)
    if matches.labels[anchor] == 1:
        nearest = truth[matches.object[anchor]][None]
        with torch.inference_mode():
            (target,) = here.detector.model.rpn.box_coder.encode([nearest], [grid.boxes[anchor][None]])
        st.caption("What it is to learn (tx, ty, tw, th), and what the RPN says now:")
        st.dataframe(delta_table(target[0], here.trace.rpn.deltas[anchor]), hide_index=True)
    else:
        st.caption("It is not positive, so it learns no box.")


def show_sample(here: Session) -> None:
    truth, trace, grid = here.ground_truth, here.trace, here.trace.anchors
    boxes_in_image = truth.boxes_in_image
    choose, snap = st.columns([3, 2], vertical_alignment="bottom")
    which = choose.segmented_control("Show", SHOWN, default=SHOWN[0], key="sampling_show") or SHOWN[0]
    inside_only = snap.toggle("Leave out anchors that cross the border, as the paper does", key="sampling_inside")
    snapped = snap.toggle("Snap ground truth to the finest grid, as simple tutorials do", key="sampling_snap")
    boxes = to_input(boxes_in_image.to(grid.boxes.device), trace.input.image_size, trace.input.input_size)
    if snapped:
        boxes = snap_to_grid(boxes, grid.strides[0])
        boxes_in_image = trace.input.boxes_in_image(boxes)
    targets = (~truth.ignored).nonzero()[:, 0]
    matches = trace.match(boxes_in_image[targets], inside_only=inside_only).numbered(targets, len(truth))
    object_, anchor = session.selected("object"), session.selected("anchor")
    object_ = object_ if object_ is not None and object_ < len(truth) else None
    anchor = anchor if anchor is not None and anchor < len(grid) else None
    chosen = chosen_anchors(here, matches, which)
    layers = [
        match_layer(grid, matches, chosen, "anchor", trace.input),
        ground_truth_layer(type(truth)(boxes_in_image.cpu(), truth.names)),
    ]
    if object_ is not None:
        layers.append(ranked_layer(grid, boxes[object_], trace.input))
    if anchor is not None and matches.labels[anchor] == 1:
        layers += target_layers(grid, anchor, boxes[matches.object[anchor]], trace.input)

    def pick(picked: Pick) -> None:
        if picked.layer == "ground truth":
            session.select("object", picked.id)
            session.select("anchor", None)
        elif picked.layer in ("anchor", "its best anchors"):
            session.select("anchor", picked.id)

    left, right = st.columns([3, 2])
    with left:
        height, width = here.image.size
        box_canvas(CanvasScene(here.image_url, width, height, layers), "sampling_canvas", pick)
        sample = trace.sample(matches)
        st.caption(
            f"Mini-batch: {len(sample.positive)} positive and {len(sample.negative)} negative of "
            f"{here.settings.rpn_batch_size_per_image} wanted, drawn with seed {here.settings.seed}; "
            "negatives fill what positives leave. Click an object for its anchors, an anchor for its target."
        )
        if truth.no_targets:
            st.caption(truth.no_targets)
        if truth.left_out:
            st.caption(f"{truth.left_out} objects without an area are left out.")
    with right:
        if anchor is not None:
            show_anchor(here, matches, boxes, anchor)
        elif object_ is not None:
            show_object(here, matches, boxes, object_)
        else:
            show_reasons(matches)
        threshold = here.settings.rpn_fg_iou_thresh
        st.dataframe(object_table(matches, truth.names, truth.ignored.tolist(), threshold), hide_index=True)
    if anchor is not None or object_ is not None:
        show_reasons(matches)


def body(here: Session) -> None:
    columns = st.columns(4)
    names = ("rpn_fg_iou_thresh", "rpn_bg_iou_thresh", "rpn_batch_size_per_image", "rpn_positive_fraction")
    for column, name in zip(columns, names, strict=True):
        with column:
            setting_slider(name)
    draw_again_button(here.settings)
    if here.ground_truth is None:
        st.info(
            "Sampling needs ground truth, and nothing is drawn on this picture yet: "
            "draw its objects, or choose a sample."
        )
    else:
        show_sample(here)


run_page(
    "sampling",
    "In training, anchors near an object are positive, those far from all are negative, "
    "and a seeded few enter the loss.",
    body,
    "anchors",
)
