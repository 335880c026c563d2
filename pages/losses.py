import streamlit as st
import torch

from frcnn_viz.analysis.loss_variants import variants
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.losses import (
    MEANINGS,
    TITLES,
    anchor_layer,
    curve_figure,
    delta_table,
    roi_layer,
    variant_table,
    worst_anchors,
    worst_rois,
)
from frcnn_viz.figures.palette import SELECTED, SKY
from frcnn_viz.pipeline.losses import Losses
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.code import code_of_losses
from frcnn_viz.ui.controls import draw_again_button, setting_slider
from frcnn_viz.ui.page import run_page, term
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.training import TrainingStep, choose_head, training_step

ANCHORS, ROIS = "anchors of the RPN", "RoIs of the box head"


def show_totals(losses: Losses) -> None:
    columns = st.columns(len(TITLES) + 1)
    for column, (name, title) in zip(columns, TITLES.items(), strict=False):
        with column:
            term(title, f"{float(losses.by_name[name]):.4f}", f"{MEANINGS[name]} torchvision: `{name}`.")
    with columns[-1]:
        term("Total", f"{float(losses.total):.4f}", "Their sum, which a training step would make smaller.")


def chosen_box(step: TrainingStep, losses: Losses, which: str, row: int) -> tuple[list[BoxLayer], torch.Tensor]:
    """Where the clicked anchor or RoI should go and where it is sent; and its (target, predicted) deltas."""
    if which == ANCHORS:
        box, target, delta = step.trace.anchors.boxes[losses.rpn.anchors[row]], losses.rpn.targets, losses.rpn.deltas
        coder = step.detector.model.rpn.box_coder
    else:
        box, target, delta = losses.roi.boxes[row], losses.roi.targets, losses.roi.deltas
        coder = step.detector.model.roi_heads.box_coder
    with torch.inference_mode():
        aims = coder.decode_single(torch.stack([target[row], delta[row]]), torch.stack([box, box]))
        boxes = step.trace.input.boxes_in_image(torch.cat([box[None], aims]))
    start = (boxes[:1, :2] + boxes[:1, 2:]) / 2
    layers = [
        BoxLayer("chosen", boxes[:1], [("chosen", SELECTED)], width=3.0),
        BoxLayer("where it is sent", boxes[2:], [("where it is sent", SKY)], tails=start, width=2.5),
    ]
    return layers, torch.stack([target[row], delta[row]])


def show_parts(here: Session, step: TrainingStep, losses: Losses) -> None:
    which = st.segmented_control("Mini-batch of", [ANCHORS, ROIS], default=ANCHORS, key="loss_batch") or ANCHORS
    kind = "loss_anchor" if which == ANCHORS else "loss_roi"
    row = session.selected(kind)
    count = len(losses.rpn.anchors if which == ANCHORS else losses.roi.labels)
    row = row if row is not None and row < count else None
    height, width = here.image.size
    classes = step.detector.classes
    truth = ground_truth_layer(GroundTruth(step.boxes_in_image, step.names))
    if which == ANCHORS:
        layers = [anchor_layer(losses.rpn, step.trace.anchors, step.trace.input), truth]
    else:
        layers = [roi_layer(losses.roi, classes, step.trace.input), truth]
    deltas = None
    if row is not None:
        more, deltas = chosen_box(step, losses, which, row)
        layers += more

    def pick(picked: Pick) -> None:
        if picked.layer in ("sampled anchor", "sampled RoI"):
            session.select(kind, picked.id)
        if picked.layer == "sampled anchor":
            session.select("anchor", int(losses.rpn.anchors[picked.id]))

    left, right = st.columns([3, 2])
    with left:
        box_canvas(CanvasScene(here.image_url, width, height, layers), "loss_canvas", pick)
        positive = int(((losses.rpn.labels if which == ANCHORS else losses.roi.labels) > 0).sum())
        st.caption(f"{positive:,} positive and {count - positive:,} negative, drawn with seed {here.settings.seed}.")
    with right:
        if deltas is None:
            st.info("Click a box to see what it should learn and what is predicted.")
        else:
            st.dataframe(delta_table(*deltas), hide_index=True)
            told = "It is negative: it learns no box." if not deltas[0].any() else "The arrow shows where it is sent."
            st.caption(told)
        st.markdown("**Those that add most**")
        rows = worst_anchors(losses.rpn) if which == ANCHORS else worst_rois(losses.roi, classes)
        st.dataframe(rows, hide_index=True, height=300)


def show_settings(here: Session) -> None:
    first, second = st.columns(2)
    with first:
        st.markdown("**RPN**")
        for name in ("rpn_batch_size_per_image", "rpn_positive_fraction", "rpn_fg_iou_thresh", "rpn_bg_iou_thresh"):
            setting_slider(name)
    with second:
        st.markdown("**Box head**")
        for name in ("box_batch_size_per_image", "box_positive_fraction", "box_fg_iou_thresh", "box_bg_iou_thresh"):
            setting_slider(name)


def body(here: Session) -> None:
    if here.ground_truth is None:
        st.info("Losses need ground truth: draw the objects of this picture on the page Draw, or choose a sample.")
        return
    choose_head(here)
    step = training_step(here)
    if step.new_classes:
        named = plain(", ".join(step.new_classes))
        st.warning(f"The head for {named} is untrained: its losses are those of the first training step.")
    if step.left_out:
        st.warning(f"{step.left_out} objects are of classes this detector does not know; they are left out.")
    if here.ground_truth.no_targets:
        st.caption(here.ground_truth.no_targets)
    losses = step.trace.losses(step.boxes_in_image, step.labels)
    show_totals(losses)
    st.caption(
        "Equal to torchvision's training branch on the same sample; the model stays in evaluation mode, so its "
        "normalisation layers use the statistics they were trained with, and nothing is learnt."
    )
    draw_again_button(here.settings)
    show_parts(here, step, losses)
    with st.expander("Mini-batches and thresholds", icon=":material/tune:"):
        show_settings(here)
    with st.expander("Other losses on the same sample", icon=":material/compare_arrows:"):
        table, curves = st.columns([3, 2])
        cells = sum(rows * columns for rows, columns in step.trace.anchors.grid_sizes)
        table.dataframe(variant_table(variants(losses, cells)), hide_index=True)
        with curves:
            chart(curve_figure(), "loss_curves", 280)


def code(here: Session, image: str) -> str:
    if here.ground_truth is None:
        return "# There is no ground truth yet."
    step = training_step(here)
    objects = list(zip(step.boxes_in_image.tolist(), step.labels.tolist(), strict=True))
    return code_of_losses(
        objects,
        model=here.detector.name,
        image=image,
        settings=here.settings,
        new_classes=len(step.new_classes),
        random_weights=st.session_state["random"],
    )


run_page(
    "losses",
    "What a training step on this picture would try to make smaller: two losses of the RPN, two of the box head.",
    body,
    "losses",
    code,
)
