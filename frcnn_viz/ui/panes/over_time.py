"""Curves over a clip: objects, stages, one object, boxes, and how steady the detections are."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.consistency import mean_errors, steadiness
from frcnn_viz.figures.flicker import cells_figure, frames_figure, funnel_figure, object_figure, steadiness_rows
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import choice
from frcnn_viz.ui.footage import examined
from frcnn_viz.ui.inspector import term
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.view import Option

OBJECT = Option("video.object", "")
ERRORS = ("fragment", "centre", "scale_ratio")


def body(here: Session) -> None:
    """Two columns of curves, then the errors."""
    study = examined(here, "over_time")
    if study is None:
        return
    records = study.records
    names = dict.fromkeys(one.identity for record in records for one in record.sightings)
    left, right = st.columns(2)
    with left:
        chart(frames_figure(records), "film_frames", 280)
        chart(cells_figure(records), "film_cells", 320)
    with right:
        chart(funnel_figure(records), "film_funnel", 380)
        if names:
            one = choice(OBJECT, "film.object", {name: name for name in names})
            chart(object_figure(records, one, here.settings.box_score_thresh), "film_object", 250)
    objects = steadiness(records)
    means = mean_errors(objects)
    for name, column in zip(ERRORS, st.columns(len(ERRORS)), strict=True):
        with column:
            value = means.get(name)
            term(f"steady.{name}", "" if value is None else f"{value:.3f}")
    explained_table(steadiness_rows(objects))
