import streamlit as st

from frcnn_viz.figures.rasters import enlarge, to_uint8
from frcnn_viz.figures.rois import chosen_layer, class_bars, compare_pooling, crop, pooled_grid
from frcnn_viz.pipeline.roi_sampling import points_in_image
from frcnn_viz.pipeline.rois import pool_rois, pool_rounded
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.panes import why_score
from frcnn_viz.ui.panes.roi import chosen_roi, show_proposals
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word

CHANNELS = 32


def picture(here: Session) -> None:
    trace = here.trace
    left, inspector = workbench()
    with inspector:
        roi = chosen_roi(here)
        if roi is None:
            return
        canvas_panel("rois_canvas")
        maps = trace.features.maps[roi.level]
        term("number.pool_level", roi.level, maps.shape)
        st.caption(f"Stride {1 / roi.scale:g}. {roi.why}")
        bars = class_bars(trace.rois.scores[roi.number], here.detector.classes, word("chart.softmax").term)
        chart(bars, "softmax", 230)
        box_in_image = trace.input.boxes_in_image(roi.box[None])[0]
        cut = enlarge(crop(to_uint8(trace.source), box_in_image), 120)
        caption = "Its crop of the picture (the network never crops: it pools features)"
        st.image(cut, caption, alt=f"What is seen in proposal {roi.number}")
        points = points_in_image(here.detector.model, roi.box, roi.scale, trace.input)
        st.caption(f"Dots: the {len(points)} points at which RoIAlign reads the map. Click another proposal.")
    with left:
        show_proposals(here, [chosen_layer(box_in_image)], points=points)


def pooled(here: Session) -> None:
    trace, model = here.trace, here.detector.model
    left, right = st.columns([3, 2])
    with left:
        roi = chosen_roi(here)
        if roi is None:
            return
        values = pool_rois(model, trace.features, roi.box[None], trace.input.input_size)[0]
        shown = min(CHANNELS, len(values))
        alt = f"{shown} channels of the pooled tensor, side by side"
        st.image(enlarge(pooled_grid(values, CHANNELS, 8), 560), width="stretch", alt=alt)
        st.caption(f"The pooled tensor {list(values.shape)}: {shown} of {len(values)} channels, each on its own scale.")
    with right:
        rounded = pool_rounded(model, trace.features.maps[roi.level], roi.box, roi.scale)
        chart(compare_pooling(values, rounded), "pooling", 340)
        st.caption(
            "RoIPool (Fast R-CNN) rounds the box to whole cells and takes the largest value of each bin; "
            "RoIAlign reads between cells."
        )


def why(here: Session) -> None:
    trace = here.trace
    left, inspector = workbench()
    with inspector:
        roi = chosen_roi(here)
        if roi is None:
            return
        likeliest = int(trace.rois.scores[roi.number, 1:].argmax()) + 1
        held, overlay = why_score.of_proposal(here, roi.number, likeliest, "rois_canvas")
    with left:
        show_proposals(here, [held], visible=False, overlay=overlay)


run_page("rois", {"picture": picture, "pooled": pooled, "why_score": why})
