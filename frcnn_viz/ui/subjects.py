"""Examining one image, your images or the sample scenes: asks which, runs with progress, and gathers the results."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.examination import Examination
from frcnn_viz.ui import library, survey
from frcnn_viz.ui.objects import ALL_SAMPLES, THIS, YOURS
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.survey import Subject


def choose_subjects(here: Session, key: str) -> list[Subject]:
    """The images asked for; those without objects are left out."""
    choices = [THIS, *([YOURS] if library.items() else []), ALL_SAMPLES]
    if here.ground_truth is None:
        choices.remove(THIS)
    chosen = st.segmented_control("Of", choices, default=choices[0], key=f"{key}_{len(choices)}") or choices[0]
    if chosen == YOURS:
        return survey.of_items(library.items())
    samples = survey.of_samples()
    if chosen == ALL_SAMPLES:
        return samples
    return survey.of_items([here.item]) if here.item else [s for s in samples if s.key == st.session_state["image"]]


def examined(here: Session, subjects: list[Subject], key: str) -> dict[str, Examination]:
    """Their examinations; few are made at once, many when asked, with progress and a stop that keeps what is done."""
    done = survey.known(here.detector, here.settings, subjects)
    waiting = len(subjects) - len(done)
    if waiting and (waiting <= len(survey.of_samples()) or st.button(f"Examine {waiting:,} images", key=f"{key}_run")):
        place = st.empty()
        with place.container():
            bar = st.progress(0.0)
            st.button("Stop", key=f"{key}_stop", help="What was examined until then is kept.")

        def progress(count: int, total: int) -> None:
            bar.progress(count / total, f"{count:,} of {total:,} images")

        for sentence in survey.run(here.detector, here.settings, subjects, progress):
            st.warning(sentence)
        place.empty()
        done = survey.known(here.detector, here.settings, subjects)
    elif waiting:
        st.caption(f"{len(done):,} of {len(subjects):,} images are examined at these settings.")
    return done
