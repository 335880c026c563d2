import streamlit as st
import torch
from torchvision.ops import box_iou

from frcnn_viz.canvas.scene import CanvasScene, Overlay
from frcnn_viz.figures.common import histogram
from frcnn_viz.figures.palette import BLUE, FATE_NAMES
from frcnn_viz.figures.proposals import DIALS, ORDER, candidate_layer, court_layers
from frcnn_viz.figures.rasters import colourise
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import setting_dial, setting_slider, turn_dials
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.page import run_page, term
from frcnn_viz.ui.session import Session


def objectness_overlay(here: Session) -> Overlay | None:
    names = here.trace.features.names
    level = st.selectbox(
        "Objectness map",
        ["none", *names],
        key="proposals_map",
        help="Best probability over a cell's anchors, laid over the image.",
    )
    if level == "none":
        return None
    index = names.index(level)
    best = here.trace.rpn.objectness_maps[index].amax(dim=0).sigmoid()
    rows, columns = best.shape
    (stride_y, stride_x), (down, across) = here.trace.features.strides[index], here.trace.input.scale
    extent = (0.0, 0.0, columns * stride_x / across, rows * stride_y / down)
    return Overlay(image_url(colourise(best, 0, 1)), extent, 0.6, f"objectness, level {level}")


def show_court(here: Session, candidate: int) -> None:
    proposals = here.trace.proposals
    fate = Fate(int(proposals.fate[candidate]))
    st.markdown(
        f"**Candidate {candidate:,}** from anchor {int(proposals.anchor[candidate]):,}, "
        f"score {float(proposals.scores[candidate]):.4f}. {fate.sentence}"
    )
    by = int(proposals.suppressor[candidate])
    if by >= 0:
        iou = float(box_iou(proposals.candidates[[candidate]], proposals.candidates[[by]]))
        gap = float(proposals.scores[by] - proposals.scores[candidate])
        st.markdown(
            f"Suppressed by candidate {by:,}: IoU {iou:.3f} over "
            f"{here.settings.rpn_nms_thresh:g}, scored {gap:.4f} higher."
        )
    victims = int((proposals.suppressor == candidate).sum())
    if victims:
        st.markdown(f"It suppressed {victims:,} candidates.")
    if fate == Fate.KEPT:
        st.markdown(f"It goes on as proposal {int((proposals.kept == candidate).nonzero()[0, 0]):,}.")


def body(here: Session) -> None:
    proposals = here.trace.proposals
    left, right = st.columns([3, 2])
    with left:  # the canvas before the charts: it is what a slider's mover looks at
        one, two, three = st.columns(3, vertical_alignment="bottom")
        with one:
            setting_slider("rpn_pre_nms_top_n")
        with two:
            overlay = objectness_overlay(here)
        with three:
            arrows = st.toggle("Arrows from anchor to candidate", key="proposals_arrows")
        height, width = here.image.size
        dials = {role: setting_dial(name) for role, name in DIALS.items()}
        layers = [candidate_layer(proposals, here.trace.anchors, here.trace.input, arrows, dials)]
        chosen = session.selected("candidate")
        if chosen is not None and chosen < len(proposals.anchor):
            layers += court_layers(proposals, chosen, here.trace.input)
        scene = CanvasScene(here.image_url, width, height, layers, overlay=overlay)
        box_canvas(scene, "proposals_canvas", lambda pick: session.select("candidate", pick.id), turn_dials)
        if chosen is not None and chosen < len(proposals.anchor):
            show_court(here, chosen)
        else:
            st.caption("Click a box for its suppressor or its victims; click a legend entry to show or hide a fate.")
    with right:
        counts = torch.bincount(proposals.fate.long().cpu(), minlength=len(Fate)).tolist()
        counts[Fate.BELOW_TOP_K] = proposals.num_anchors - len(proposals.anchor)
        rows = "\n".join(f"| {FATE_NAMES[f]} | {counts[f]:,} | {f.sentence} |" for f in ORDER)
        st.markdown(f"| fate of every anchor | anchors | |\n|---|--:|---|\n{rows}")
        chart(histogram(proposals.scores, "Objectness of the candidates", BLUE, "probability"), "scores", 220)
    levels = here.trace.features.names
    for column, (index, name) in zip(st.columns(len(levels)), enumerate(levels), strict=True):
        of_level = proposals.level == index
        with column:
            term(
                f"Level {name}",
                f"{int((of_level & (proposals.fate == Fate.KEPT)).sum()):,} of {int(of_level.sum()):,}",
                "Proposals of this level's candidates.",
                "trace.proposals.fate",
                proposals.fate.shape,
            )


run_page(
    "proposals",
    "The RPN scores and moves every anchor; the best of each level meet in NMS, and the survivors are the proposals.",
    body,
    "proposals",
)
