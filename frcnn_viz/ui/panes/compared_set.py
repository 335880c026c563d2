"""What two views make of the same set: figures of both, and the objects that only one of them finds."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.comparison import found_by_one, totals
from frcnn_viz.figures.autopsy import name_of
from frcnn_viz.figures.comparison import totals_table
from frcnn_viz.ui.objects import object_wall
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import chosen_subjects, tell_set
from frcnn_viz.ui.survey import examined_by
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.words import word

SHOWN = 12


def over_set(a: Session, b: Session) -> None:
    """The tab `over_set`."""
    subjects = chosen_subjects(b)
    tell_set(b, subjects)
    of_a, of_b = examined_by([(a.detector, a.settings), (b.detector, b.settings)], subjects, "compare")
    subjects = [subject for subject in subjects if subject.key in of_a and subject.key in of_b]
    if not subjects:
        st.info("No image is examined by both views yet.")
        return
    truths = [subject.truth for subject in subjects]
    results_a, results_b = ([of[subject.key] for subject in subjects] for of in (of_a, of_b))
    left, right = st.columns([2, 3])
    with left:
        rows = totals_table(
            totals(truths, results_a, a.detector.classes), totals(truths, results_b, b.detector.classes)
        )
        explained_table(rows, height=36 + 35 * len(rows))
    only = dict(zip(("found_a", "found_b"), found_by_one(results_a, results_b), strict=True))
    with right:
        for key, objects in only.items():
            told = word(f"compare.{key}")
            st.markdown(f"**{told.term}**: {len(objects):,}", help=told.sentence)
            if objects:
                wall = [(subjects[image], number, name_of(its.verdict)) for image, number, its in objects]
                object_wall(wall, f"compare_{key}", SHOWN)
