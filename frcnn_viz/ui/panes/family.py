"""R-CNN, Fast R-CNN and Faster R-CNN side by side on the picture in view."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.family import CROPS, Way
from frcnn_viz.figures.family import counted, recall_figure, times_figure, times_table, way_layers, ways_table
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import segments, slide
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.family import crops_of, ways_of
from frcnn_viz.ui.panes.family_crops import offer_crops, tell_crops
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

SHOWN, IOU = Option("family.shown", CROPS), Option("family.iou", 0.5)
MOST_SHOWN = 2000


def pictures(here: Session) -> None:
    """The tab `picture`."""
    classes = here.detector.classes
    with st.container(key="family"), st.container(key="compared"):
        columns = st.columns(3, gap="small")
        with columns[0]:
            regions, ways = ways_of(here)
        for way, column in zip(ways, columns[-len(ways) :], strict=True):
            with column:
                st.markdown(f"**{told_of(way)}**", help=word(f"family.{way.name}").hover)
                layers = way_layers(way, here.ground_truth, classes, SHOWN.value)
                last = way is ways[-1]
                shared = {"link": "family", "controls": last, "score_from": 0.3, "caption": told_of(way)}
                show_picture(here, f"family_{way.name}", layers, **shared)
    with st.container(key="below_family"), st.container(key="below_compared"):
        left, middle, right = st.columns([46, 22, 32], gap="small")
        with left:
            explained_table(ways_table(ways, here.ground_truth, classes), height=36 + 35 * len(ways))
            heads = here.detector.model.roi_heads
            if heads.has_mask() or heads.has_keypoint():
                st.caption("Boxes alone are compared; masks and keypoints are left out.")
            if regions:
                tell_crops(crops_of(here, regions, CROPS))
        with middle:
            slide(SHOWN, "family.shown", 0, MOST_SHOWN, 10)
            if regions:
                offer_crops(here, regions)
        with right:
            canvas_panel(f"family_{ways[-1].name}_canvas")


def recall(here: Session) -> None:
    """The tab `recall`."""
    if not here.ground_truth or not len(here.ground_truth.counted):
        nothing_drawn(here)
        return
    _, ways = ways_of(here)
    threshold = segments(IOU, "option.family.iou", {value: f"{value:g}" for value in (0.5, 0.7)})
    chart(recall_figure(ways, here.ground_truth.counted.boxes_in_image, threshold), "family_recall", 460)
    st.caption(
        "OpenCV gives selective search's regions from the parts to the whole, mixed by chance; nothing says which are "
        "better. The RPN gives its proposals by objectness, so that a few hundred are enough."
    )


def times(here: Session) -> None:
    """The tab `times`."""
    _, ways = ways_of(here)
    chart(times_figure(ways), "family_times", 220)
    explained_table(times_table(ways), height=36 + 70 * len(ways))
    for way in ways:
        st.caption(f"**{word(f'family.{way.name}').term}**: {word(f'family.why_{way.name}').sentence}")
    st.caption(
        f"Here: {here.detector.device.type.upper()}, this picture, the network warm. The papers: VGG-16 on the test "
        "pictures of Pascal VOC 2007, on a K40 GPU, selective search on a CPU."
    )


def told_of(way: Way) -> str:
    """A member in a few words."""
    return f"{word(f'family.{way.name}').term}: {counted(way)} regions, {len(way.detections):,} detections"
