from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from torch import Tensor
from torchvision.ops import roi_pool

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.rasters import enlarge, to_uint8
from frcnn_viz.figures.rois import chosen_layer, class_bars, compare_pooling, crop, pooled_grid, proposal_layer
from frcnn_viz.pipeline.roi_sampling import sampling_points
from frcnn_viz.pipeline.rois import assign_levels, pool_rois
from frcnn_viz.ui import session, view
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.panes import why_score
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word

CHANNELS = 32


@dataclass(frozen=True, eq=False)
class Pooling:
    """One proposal [4] and the map it is pooled from: its name, scale, and why it."""

    number: int
    box: Tensor
    level: str
    scale: float
    why: str


def chosen_roi(here: Session) -> Pooling | None:
    """Ask for a proposal; None where there is none at these settings."""
    count = len(here.trace.proposals)
    if not count:
        st.info("There are no proposals at these settings; lower the thresholds on the Proposals page.")
        return None
    chosen = session.selected("proposal")
    chosen = chosen if chosen is not None and chosen < count else 0
    view.hold("rois_number", chosen)
    st.number_input(
        f"{word('option.proposal').term}, 0 to {count - 1:,}",
        0,
        count - 1,
        key="rois_number",
        help=word("option.proposal").hover,
        on_change=lambda: session.select("proposal", view.held("rois_number")),
    )
    trace, box = here.trace, here.trace.proposals.boxes[chosen]
    assigned = assign_levels(here.detector.model, trace.features, box[None], trace.input.input_size)
    level, side = int(assigned.levels[0]), (box[2:] - box[:2]).prod().sqrt().item()
    why = "This detector has one map, so there is nothing to choose."
    if len(assigned.names) > 1:
        why = (
            f"floor({assigned.canonical_level} + log2({side:.1f} / {assigned.canonical_scale})) "
            f"= floor({float(assigned.target[0]):.2f}), kept between the levels there are; "
            "side = sqrt(w h) in input pixels."
        )
    return Pooling(chosen, box, assigned.names[level], assigned.scales[level], why)


def picture(here: Session) -> None:
    trace, model = here.trace, here.detector.model
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
    pooler = model.roi_heads.box_roi_pool
    points = sampling_points(
        roi.box, spatial_scale=roi.scale, output_size=pooler.output_size, sampling_ratio=pooler.sampling_ratio
    )
    points = points.reshape(-1, 2) / roi.scale
    down, across = trace.input.scale
    points[:, 0] /= across
    points[:, 1] /= down
    inspector.caption(f"Dots: the {len(points)} points at which RoIAlign reads the map. Click another proposal.")
    with left:
        show_proposals(here, [chosen_layer(box_in_image)], points=points)


def show_proposals(here: Session, more: list[BoxLayer], visible: bool = True, **scene: Any) -> None:
    trace = here.trace
    boxes, scores = trace.input.boxes_in_image(trace.proposals.boxes), trace.proposals.scores[trace.proposals.kept]
    select = lambda pick: pick.layer == "proposal" and session.select("proposal", pick.id)  # noqa: E731
    show_picture(here, "rois", [replace(proposal_layer(boxes, scores), visible=visible), *more], select, **scene)


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
        maps, size = trace.features.maps[roi.level], model.roi_heads.box_roi_pool.output_size
        rounded = roi_pool(maps, [roi.box[None]], size, roi.scale)[0]
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
