"""What a training step would make smaller: four losses, and what each sampled anchor and RoI adds to them."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.losses import TITLES, aim_layers, delta_table
from frcnn_viz.pipeline.losses import Aim, Losses
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.controls import draw_again_button, segments, setting_slider, terms
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.panes.loss_batch import Batch, of_anchors, of_rois
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.training import TrainingStep, choose_head, tell_step, training_step
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

BATCHES = {"anchors": of_anchors, "rois": of_rois}
BATCH = Option("training.batch", "anchors")
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
        which = segments(BATCH, "option.loss.batch", terms("option.loss", {name: name for name in BATCHES}))
        choose_head(here)
        step = training_step(here)
        tell_step(here, step)
        losses = step.trace.losses(step.boxes_in_image, step.labels)
        batch = BATCHES[which](step, losses)
        show_totals(here, losses, batch)
        with st.container(horizontal=True):
            with st.popover(word("option.loss.more").term, icon=":material/tune:"):
                for title, names in SETTINGS.items():
                    st.markdown(f"**{title}**")
                    for name in names:
                        setting_slider(name)
            draw_again_button(here.settings)
        canvas_panel("losses_canvas")
        aim = batch.chosen
        with st.container(height=235, border=False):  # what is under it stays where it is
            show_chosen(aim)
        st.markdown(f"**{word('number.largest_losses').term}**", help=word("number.largest_losses").hover)
        explained_table(batch.worst, height=240)
    with left:
        show_batch(here, step, batch, aim)


def show_totals(here: Session, losses: Losses, batch: Batch) -> None:
    """The four losses and their sum, and of how many boxes they are."""
    for name in TITLES:
        term(f"loss.{name}", f"{float(losses.by_name[name]):.4f}")
    term("loss.total", f"{float(losses.total):.4f}", more=word("loss.equal").sentence)
    positive = int((batch.labels > 0).sum())
    seed = f"Drawn with seed {here.settings.seed}."
    term("loss.positives", f"{positive:,}, {len(batch.labels) - positive:,}", more=seed)


def show_chosen(aim: Aim | None) -> None:
    """What the clicked box should learn, and what is predicted."""
    if aim is None:
        st.caption("Click a box to see what it should learn and what is predicted.")
        return
    explained_table(delta_table(aim.target, aim.delta))
    st.caption("The arrow shows where it is sent." if aim.target.any() else "It is negative: it learns no box.")


def show_batch(here: Session, step: TrainingStep, batch: Batch, aim: Aim | None) -> None:
    """The sampled boxes on the picture."""
    truth = ground_truth_layer(GroundTruth(step.boxes_in_image, step.names))
    arrow = aim_layers(aim, step.trace.input) if aim else []

    def pick(picked: Pick) -> None:
        if picked.layer == batch.layer.name:
            session.select(batch.layer.kind, picked.id)
            if batch.anchors is not None:
                session.select("anchor", int(batch.anchors[picked.id]))

    show_picture(here, "losses", [batch.layer, truth, *arrow], pick)
