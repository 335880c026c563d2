"""What another detector finds on the same images: who gains, who loses."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from frcnn_viz.analysis.examination import Examination
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.figures.autopsy import name_of
from frcnn_viz.models.registry import entries, load_detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.ui.controls import choice
from frcnn_viz.ui.objects import object_wall
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import Subject
from frcnn_viz.ui.survey import examined_with
from frcnn_viz.ui.view import Option

AGAINST = Option("metrics.against", "")
SHOWN = 12


def show(here: Session, subjects: Sequence[Subject], results: Sequence[Examination]) -> None:
    """Counts and pictures of the objects that only one of the two finds.

    Args:
        here: whose detector and settings one side is.
        subjects: the images.
        results: what was examined of each of them.
    """
    others = {name: f"{entry.title}, its own settings" for name, entry in entries().items() if entry.is_here}
    chosen = choice(AGAINST, "compare.with", {"": "Choose another detector, or other settings", **others})
    if not chosen:
        return
    detector = load_detector(chosen, here.view.device)
    theirs = examined_with(detector, Settings.of(detector.model), subjects, "compared")
    if len(theirs) < len(subjects):
        return
    gained, lost = [], []
    for subject, one in zip(subjects, results, strict=True):
        for number, (mine, their) in enumerate(zip(one.findings, theirs[subject.key].findings, strict=True)):
            now, then = mine.verdict is Verdict.FOUND, their.verdict is Verdict.FOUND
            if now != then:
                (gained if now else lost).append((subject, number, name_of((their if now else mine).verdict)))
    alarms = sum(len(one.alarms) for one in results), sum(len(one.alarms) for one in theirs.values())
    st.markdown(
        f"**{len(gained):,}** objects are found here and not there, **{len(lost):,}** there and not here; "
        f"{alarms[0]:,} false alarms here, {alarms[1]:,} there."
    )
    for title, rows in (("Found here alone", gained), ("Found there alone", lost)):
        if rows:
            st.markdown(f"**{title}** (below: what became of it in the other)")
            object_wall(rows, f"compared {title}", SHOWN)
