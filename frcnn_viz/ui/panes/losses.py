"""What a training step would make smaller: four losses, and what each sampled anchor and RoI adds to them."""

from __future__ import annotations

import streamlit as st
import torch
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.losses import (
    TITLES,
    anchor_layer,
    delta_table,
    roi_layer,
    worst_anchors,
    worst_rois,
)
from frcnn_viz.figures.palette import SELECTED, SKY
from frcnn_viz.pipeline.losses import Losses
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.controls import draw_again_button, segments, setting_slider
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.training import TrainingStep, choose_head, tell_step, training_step
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

ANCHORS, ROIS = "anchors", "rois"
BATCHES = {name: word(f"option.loss.{name}").term for name in (ANCHORS, ROIS)}
BATCH = Option("training.batch", ANCHORS)
KINDS = {ANCHORS: "loss_anchor", ROIS: "loss_roi"}
SETTINGS = {
    "RPN": ("rpn_batch_size_per_image", "rpn_positive_fraction", "rpn_fg_iou_thresh", "rpn_bg_iou_thresh"),
    "Box head": ("box_batch_size_per_image", "box_positive_fraction", "box_fg_iou_thresh", "box_bg_iou_thresh"),
}


def body(here: Session) -> None:
    """The picture with the mini-batch, and the losses beside it."""
    if here.ground_truth is None:
        nothing_drawn(here)
        return
    left, inspector = workbench()
    with inspector:
        which = segments(BATCH, "option.loss.batch", BATCHES)
        choose_head(here)
        step = training_step(here)
        tell_step(here, step)
        losses = step.trace.losses(step.boxes_in_image, step.labels)
        show_totals(here, losses, which)
        with st.container(horizontal=True):
            with st.popover(word("option.loss.more").term, icon=":material/tune:"):
                for title, names in SETTINGS.items():
                    st.markdown(f"**{title}**")
                    for name in names:
                        setting_slider(name)
            draw_again_button(here.settings)
        canvas_panel("losses_canvas")
        row = chosen_row(losses, which)
        more, deltas = ([], None) if row is None else aims(step, losses, which, row)
        with st.container(height=235, border=False):  # what is under it stays where it is
            show_chosen(deltas)
        st.markdown(f"**{word('number.largest_losses').term}**", help=word("number.largest_losses").hover)
        rows = worst_anchors(losses.rpn) if which == ANCHORS else worst_rois(losses.roi, step.detector.classes)
        explained_table(rows, height=240)
    with left:
        show_batch(here, step, losses, which, more)


def chosen_row(losses: Losses, which: str) -> int | None:
    """The clicked anchor's or RoI's place in its mini-batch."""
    row, count = session.selected(KINDS[which]), len(losses.rpn.anchors if which == ANCHORS else losses.roi.labels)
    return row if row is not None and row < count else None


def show_totals(here: Session, losses: Losses, which: str) -> None:
    """The four losses and their sum, and of how many boxes they are."""
    for name in TITLES:
        term(f"loss.{name}", f"{float(losses.by_name[name]):.4f}")
    term("loss.total", f"{float(losses.total):.4f}", more=word("loss.equal").sentence)
    labels = losses.rpn.labels if which == ANCHORS else losses.roi.labels
    positive = int((labels > 0).sum())
    seed = f"Drawn with seed {here.settings.seed}."
    term("loss.positives", f"{positive:,}, {len(labels) - positive:,}", more=seed)


def aims(step: TrainingStep, losses: Losses, which: str, row: int) -> tuple[list[BoxLayer], Tensor]:
    """Where an anchor or RoI is sent, by an arrow; and its deltas, target and predicted: [2, 4]."""
    if which == ANCHORS:
        box, target, delta = step.trace.anchors.boxes[losses.rpn.anchors[row]], losses.rpn.targets, losses.rpn.deltas
        coder = step.detector.model.rpn.box_coder
    else:
        box, target, delta = losses.roi.boxes[row], losses.roi.targets, losses.roi.deltas
        coder = step.detector.model.roi_heads.box_coder
    with torch.inference_mode():
        sent = coder.decode_single(delta[row][None], box[None])
        boxes = step.trace.input.boxes_in_image(torch.cat([box[None], sent]))
    start = (boxes[:1, :2] + boxes[:1, 2:]) / 2
    sent_word = word("canvas.sent").term
    layers = [
        BoxLayer("chosen", boxes[:1], [("chosen", SELECTED)], width=3.0, pickable=False),
        BoxLayer("where it is sent", boxes[1:], [(sent_word, SKY)], tails=start, width=2.5, pickable=False),
    ]
    return layers, torch.stack([target[row], delta[row]])


def show_chosen(deltas: Tensor | None) -> None:
    """What the clicked box should learn, and what is predicted."""
    if deltas is None:
        st.caption("Click a box to see what it should learn and what is predicted.")
        return
    explained_table(delta_table(*deltas))
    st.caption("The arrow shows where it is sent." if deltas[0].any() else "It is negative: it learns no box.")


def show_batch(here: Session, step: TrainingStep, losses: Losses, which: str, more: list[BoxLayer]) -> None:
    """The sampled boxes on the picture."""
    if which == ANCHORS:
        layer = anchor_layer(losses.rpn, step.trace.anchors, step.trace.input)
    else:
        layer = roi_layer(losses.roi, step.detector.classes, step.trace.input)
    truth = ground_truth_layer(GroundTruth(step.boxes_in_image, step.names))

    def pick(picked: Pick) -> None:
        if picked.layer == layer.name:
            session.select(KINDS[which], picked.id)
            if which == ANCHORS:
                session.select("anchor", int(losses.rpn.anchors[picked.id]))

    show_picture(here, "losses", [layer, truth, *more], pick)
