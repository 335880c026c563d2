"""How the objects of a set are shaped and spread, and how they stand to the anchors."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.data.annotations import Dataset
from frcnn_viz.data.ground_truth import no_targets
from frcnn_viz.data.statistics import box_table, by_class
from frcnn_viz.figures.statistics import (
    class_table,
    count_figure,
    place_figure,
    ratio_figure,
    shapes_figure,
    size_figure,
)
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import choice, segments
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option

FRAME, LABEL = Option("images.frame", "after resize"), Option("images.label", "")


def show_statistics(here: Session, dataset: Dataset) -> None:
    table = box_table(dataset.images)
    if sentence := no_targets(*table.left_out):
        st.caption(sentence)
    if not len(table.labels):
        st.info("There is no object to count yet; draw one, or add annotations.")
        return
    settings = here.settings
    scales = table.scales(settings.min_size, settings.max_size)
    rows, resized = by_class(table), by_class(table, scales)
    explained_table(class_table(rows, resized))
    st.caption(
        f"Resized as {plain(here.detector.title)} does now: shorter side {settings.min_size}, "
        f"longer at most {settings.max_size}. Sizes are square roots of areas."
    )
    left, right = st.columns(2)
    with left:
        chart(shapes_figure(table, scales, settings, here.trace.features.titles), "set_shapes", 420)
        chart(ratio_figure(table, settings), "set_ratios")
        chart(count_figure(rows), "set_counts")
    with right:
        frame = segments(FRAME, "statistics.pixels", {name: name for name in ("after resize", "of the images")})
        chart(size_figure(table, None if frame == "of the images" else scales, settings), "set_sizes", 340)
        label = choice(LABEL, "chart.places", {"": "all classes", **{row.label: row.label for row in rows}})
        chart(place_figure(table, label or None), "set_places", 340)
