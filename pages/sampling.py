import streamlit as st
import torch

from frcnn_viz.figures.anchors import match_layer, object_table, sample_roles
from frcnn_viz.figures.common import bars, ground_truth_layer
from frcnn_viz.figures.layers import CanvasScene
from frcnn_viz.figures.palette import REASON_NAMES, REASONS
from frcnn_viz.pipeline.matching import MatchReason
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import setting_slider
from frcnn_viz.ui.page import run_page
from frcnn_viz.ui.session import Session


def show_sample(here: Session) -> None:
    truth, trace = here.ground_truth, here.trace
    matches = trace.match(truth.boxes_in_image)
    sample = trace.sample(matches)
    which = st.segmented_control(
        "Show", ["mini-batch", "all positives", "positives and ignored"], default="mini-batch", key="sampling_show"
    )
    if which == "all positives":
        chosen = (matches.labels == 1).nonzero()[:, 0]
    elif which == "positives and ignored":
        chosen = (matches.labels != 0).nonzero()[:, 0]
    else:
        chosen = sample_roles(sample)
    left, right = st.columns([3, 2])
    with left:
        height, width = here.image.size
        layers = [
            match_layer(trace.anchors, matches, chosen, "anchor", trace.input),
            ground_truth_layer(truth),
        ]
        box_canvas(CanvasScene(here.image_url, width, height, layers), key="sampling_canvas")
        wanted = here.settings.rpn_batch_size_per_image
        st.caption(
            f"Mini-batch: {len(sample.positive)} positive and {len(sample.negative)} negative of {wanted} wanted, "
            f"drawn with seed "
            f"{here.settings.seed}; negatives fill what positives leave."
        )
    with right:
        counts = torch.bincount(matches.reason.long().cpu(), minlength=len(MatchReason)).tolist()
        reasons = list(REASONS)
        chart(
            bars(
                [REASON_NAMES[r] for r in reasons],
                [float(counts[r]) for r in reasons],
                [REASONS[r] for r in reasons],
                "All anchors by label",
                log=True,
            ),
            "reasons",
            height=260,
        )
        st.dataframe(object_table(matches, truth.names, here.settings.rpn_fg_iou_thresh), hide_index=True)
        st.caption("An object whose best IoU is under the positive threshold gets anchors only because none is better.")


def body(here: Session) -> None:
    columns = st.columns(4)
    for column, name in zip(
        columns,
        ("rpn_fg_iou_thresh", "rpn_bg_iou_thresh", "rpn_batch_size_per_image", "rpn_positive_fraction"),
        strict=True,
    ):
        with column:
            setting_slider(name)
    next_seed = (here.settings.seed + 1) % 1000
    st.button("Draw again", icon=":material/casino:", on_click=session.change_settings, kwargs={"seed": next_seed})
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
