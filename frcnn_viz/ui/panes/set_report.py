"""The examination of a set as one HTML file to send."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from frcnn_viz.analysis.examination import Examination
from frcnn_viz.report.cases import Image, make_case
from frcnn_viz.report.examination import examination_report, worst
from frcnn_viz.report.totals import Totals
from frcnn_viz.ui.downloads import download
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import SET_TITLES, Subject, set_in_force
from frcnn_viz.words import word

WORST = 50


def offer(here: Session, subjects: Sequence[Subject], results: Sequence[Examination]) -> None:
    """A button that makes it; whether settings are tried on the worst is asked beside it."""
    told = word("report.fixes")
    with st.container(horizontal=True, vertical_alignment="center"):
        seek = st.toggle(told.term, key="report_fixes", help=told.hover)
        name = word("report.one_set")
        download(name.term, lambda: make(here, subjects, results, seek), "examination.html", "text/html", "one_set")


def make(here: Session, subjects: Sequence[Subject], results: Sequence[Examination], seek: bool) -> str:
    images = [Image(subject.key, subject.truth, one) for subject, one in zip(subjects, results, strict=True)]
    load = {subject.key: subject.load for subject in subjects}
    shown, cases = worst(images, WORST), []
    with progress("one_set", "No file is made then.") as tell:
        for count, one in enumerate(shown):

            def step(done: int, total: int, words: str, count: int = count) -> None:
                tell(count, len(shown), f"{count + 1:,} of {len(shown):,} images: {words}")

            step(0, 1, "the evidence")
            cases.append(make_case(load[one.name](), one.truth, here.detector, here.settings, seek, step))
    title = f"{word('page.autopsy').term}: {SET_TITLES[set_in_force(here)]}"
    totals = Totals.of(images, here.detector.classes)
    return examination_report(title, here.detector, here.settings, totals, cases)
