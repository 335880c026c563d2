import streamlit as st
from torchvision.ops import box_iou

from frcnn_viz.canvas.scene import Overlay
from frcnn_viz.figures.common import histogram
from frcnn_viz.figures.features import map_extent
from frcnn_viz.figures.palette import BLUE, FATE_NAMES
from frcnn_viz.figures.proposals import DIALS, ORDER, candidate_layer, court_layers
from frcnn_viz.figures.rasters import colourise
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import choice, setting_dial, setting_slider, toggle, turn_dials
from frcnn_viz.ui.frame.desk import LEVEL
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

ARROWS = Option("proposals.arrows", False)


def chosen_candidate(here: Session) -> int | None:
    chosen = session.selected("candidate")
    return chosen if chosen is not None and chosen < len(here.trace.proposals.anchor) else None


def show_candidates(here: Session, overlay: Overlay | None, arrows: bool) -> None:
    trace, chosen = here.trace, chosen_candidate(here)
    dials = {role: setting_dial(name) for role, name in DIALS.items()}
    layers = [candidate_layer(trace.proposals, trace.anchors, trace.input, arrows, dials)]
    if chosen is not None:
        layers += court_layers(trace.proposals, chosen, trace.input)
    select = lambda pick: session.select("candidate", pick.id)  # noqa: E731
    show_picture(here, "proposals", layers, select, turn_dials, overlay=overlay)


def show_chosen(here: Session) -> None:
    chosen, proposals = chosen_candidate(here), here.trace.proposals
    if chosen is None:
        st.caption("Click a box for its suppressor or its victims; click a legend entry to show or hide a fate.")
        return
    fate = Fate(int(proposals.fate[chosen]))
    st.markdown(
        f"**Candidate {chosen:,}** from anchor {int(proposals.anchor[chosen]):,}, "
        f"score {float(proposals.scores[chosen]):.4f}. {fate.sentence}"
    )
    by, victims = int(proposals.suppressor[chosen]), int((proposals.suppressor == chosen).sum())
    if by >= 0:
        iou = float(box_iou(proposals.candidates[[chosen]], proposals.candidates[[by]]))
        gap = float(proposals.scores[by] - proposals.scores[chosen])
        st.markdown(
            f"Suppressed by candidate {by:,}: IoU {iou:.3f} over "
            f"{here.settings.rpn_nms_thresh:g}, scored {gap:.4f} higher."
        )
    if victims:
        st.markdown(f"It suppressed {victims:,} candidate{'s' if victims > 1 else ''}.")
    if fate == Fate.KEPT:
        st.markdown(f"It goes on as proposal {int((proposals.kept == chosen).nonzero()[0, 0]):,}.")


def picture(here: Session) -> None:
    left, inspector = workbench()
    with inspector:
        setting_slider("rpn_pre_nms_top_n")
        arrows = toggle(ARROWS, "option.arrows")
        canvas_panel("proposals_canvas")
        show_chosen(here)
    with left:
        show_candidates(here, None, arrows)


def objectness(here: Session) -> None:
    names = here.trace.features.titles
    left, inspector = workbench()
    with inspector:
        level = choice(LEVEL, "option.level", dict(enumerate(names)))
        values = here.trace.rpn.objectness_maps[level]
        best = values.amax(dim=0).sigmoid()
        term("number.objectness_scores", f"{values.numel():,}", values.shape)
        term("number.objectness_best", f"{float(best.max()):.4f}")
        canvas_panel("proposals_canvas")
        show_chosen(here)
    extent = map_extent(here.trace.input, best.shape, here.trace.features.strides[level])
    with left:
        url = image_url(colourise(best, 0, 1))
        show_candidates(here, Overlay(url, extent, 0.6, f"objectness, level {names[level]}"), arrows=False)


def scores(here: Session) -> None:
    proposals = here.trace.proposals
    counts = proposals.fate_counts
    rows = "\n".join(f"| {FATE_NAMES[f]} | {counts[f]:,} | {f.sentence} |" for f in ORDER)
    left, right = st.columns(2)
    left.markdown(f"| {word('number.fates').term} | | |\n|---|--:|---|\n{rows}")
    with right:
        chart(histogram(proposals.scores, word("chart.objectness").term, BLUE, "probability"), "scores", 300)
        levels = []
        for index, name in enumerate(here.trace.features.titles):
            of_level = proposals.level == index
            kept = int((of_level & (proposals.fate == Fate.KEPT)).sum())
            told = f"{kept:,} of {int(of_level.sum()):,}"
            levels.append({word("option.level").term: name, word("number.level_proposals").term: told})
        explained_table(levels)


run_page("proposals", {"picture": picture, "objectness": objectness, "scores": scores})
