import streamlit as st
import torch
from torchvision.ops import box_iou

from frcnn_viz.analysis.lineage import Lineage, follow
from frcnn_viz.figures.attribution import faint
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.detections import DIALS, REFINED, held_candidates, life_layers, refined_layer, table
from frcnn_viz.figures.overview import detection_layer
from frcnn_viz.figures.rois import class_bars
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import setting_dial, turn_dials
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.panes import why_score
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain


def chosen_life(here: Session) -> Lineage | None:
    """The selected (proposal, class) candidate, or None."""
    chosen, found = session.selected("detection"), here.trace.detections
    if chosen is None or chosen >= len(found.fate):
        return None
    roi, label = found.roi_and_label(torch.tensor(chosen))
    return follow(here.trace, int(roi), int(label))


def show_life(here: Session, life: Lineage) -> None:
    names, classes = here.trace.features.titles, here.detector.classes
    numbers = lambda values, digits=3: ", ".join(f"{v:.{digits}f}" for v in values.tolist())  # noqa: E731
    to_image = lambda box: numbers(here.trace.input.boxes_in_image(box[None])[0], 1)  # noqa: E731
    size, ratio = here.trace.anchors.shapes[life.level][life.shape]
    st.markdown(f"**The life of a {plain(classes[life.label])}**")
    st.markdown(
        f"1. **Anchor {life.anchor:,}**: level {names[life.level]}, "
        f"row {life.row}, column {life.column}, size {size:g}, ratio {ratio:g}. "
        f"Box {to_image(life.anchor_box)}.\n"
        f"2. The RPN gave it objectness {life.objectness_score:.4f} (logit {life.objectness:.3f}) "
        f"and moved it by deltas ({numbers(life.rpn_deltas)}).\n"
        f"3. **Proposal {life.proposal:,}** (candidate {life.candidate:,}). Box {to_image(life.proposal_box)}.\n"
        f"4. The second stage gave {plain(classes[life.label])} {life.score:.4f} "
        f"and moved it by deltas ({numbers(life.box_deltas)}), "
        f"divided by the coder's weights {here.detector.model.roi_heads.box_coder.weights}.\n"
        f"5. **Box** {to_image(life.box)}. {life.fate.sentence}"
    )
    if life.suppressor:
        roi, label = life.suppressor
        iou = float(box_iou(life.box[None], here.trace.rois.boxes[roi, label][None]))
        st.markdown(
            f"Suppressed by proposal {roi:,} as {plain(classes[label])}: "
            f"IoU {iou:.3f} over {here.settings.box_nms_thresh:g}."
        )
    st.caption("Boxes are x0, y0, x1, y1 in pixels of the picture; deltas are dx, dy, dw, dh.")


def picture(here: Session) -> None:
    found, classes, life = here.trace.detections, here.detector.classes, chosen_life(here)
    rows, floor = held_candidates(here.trace)
    left, inspector = workbench()
    with inspector:
        canvas_panel("detections_canvas")
        if life:
            show_life(here, life)
            chart(class_bars(life.scores, classes, f"Softmax of proposal {life.proposal}"), "life_softmax", 230)
        elif len(found):
            st.caption("Click a detection to follow it back to its anchor.")
        else:
            st.info("Nothing passes these settings; lower the score threshold.")
        if floor >= 0:
            st.caption(
                f"While a slider is held, the {len(rows):,} best-scored of {len(found.fate):,} refined boxes follow: "
                f"those over {floor:.4f}. Others come when it is let go."
            )

    def select(pick: Pick) -> None:
        if pick.layer in (None, REFINED):
            session.select("detection", pick.id)

    with left:
        dials = {role: setting_dial(name) for role, name in DIALS.items()}
        layers = [refined_layer(here.trace, classes, rows, dials), *(life_layers(here.trace, life) if life else [])]
        if here.ground_truth:
            layers.insert(0, ground_truth_layer(here.ground_truth, visible=False))
        show_picture(here, "detections", layers, select, turn_dials)


def listed(here: Session) -> None:
    explained_table(table(here.trace, here.detector.classes))


def why(here: Session) -> None:
    left, inspector = workbench()
    with inspector:
        told = why_score.of_detection(here, session.selected("detection"), "detections_canvas")
    if told is None:
        return
    held, overlay = told

    def select(pick: Pick) -> None:
        if pick.layer == "detection":
            session.select("detection", int(here.trace.detections.kept[pick.id]))

    with left:
        layers = [faint(detection_layer(here.trace, here.detector.classes)), held]
        show_picture(here, "detections", layers, select, overlay=overlay)


run_page("detections", {"picture": picture, "table": listed, "why_score": why})
