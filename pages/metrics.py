import streamlit as st

from frcnn_viz.analysis.confusion import confusion, scored
from frcnn_viz.analysis.examination import Examination
from frcnn_viz.analysis.metrics import FIGURES, coco_report
from frcnn_viz.analysis.sums import sums
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.figures.metrics import (
    MEANINGS,
    confusion_figure,
    precision_recall_figure,
    score_figure,
    threshold_figure,
)
from frcnn_viz.models.registry import entries, load_detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.objects import object_wall
from frcnn_viz.ui.page import run_page, term
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import Subject, choose_subjects
from frcnn_viz.ui.survey import examined, examined_with

SHOWN = 12


def show_figures(here: Session, subjects: list[Subject], results: list[Examination]) -> None:
    classes, truths = here.detector.classes, [subject.truth for subject in subjects]
    found = [{"boxes": one.detections, "labels": one.labels, "scores": one.scores} for one in results]
    counted = scored(found, truths, classes[1:])
    for sentence in sums(truths, results, classes):
        st.caption(sentence)
    if not counted.objects:
        st.info("There is no object that the detector should find, so there is nothing to measure it by.")
        return
    report = coco_report(found, truths, classes[1:])
    for start in (0, 6):
        for column, name in zip(st.columns(6), FIGURES[start : start + 6], strict=True):
            with column:
                value = report.figures[name]
                term(name, "none" if value != value else f"{value:.3f}", f"{MEANINGS[name]} By pycocotools.")
    left, beside = st.columns(2)
    with left:
        chart(precision_recall_figure(report, classes[1:]), "precision_recall", 340)
    with beside:
        lowest = st.slider("From score", 0.0, 1.0, 0.5, 0.05, key="confusion_score")
        chart(confusion_figure(confusion(found, truths, classes[1:], lowest), classes), "confusion", 340)
    left, beside = st.columns(2)
    with left:
        chart(score_figure(counted.scores, counted.right), "score_histogram", 280)
    with beside:
        chart(threshold_figure(counted.scores, counted.right, counted.objects), "score_threshold", 280)


def show_comparison(here: Session, subjects: list[Subject], results: list[Examination]) -> None:
    others = {f"{entry.title}, its own settings": name for name, entry in entries().items() if entry.is_here}
    chosen = st.selectbox("Compare with", list(others), index=None, placeholder="another detector, or other settings")
    if chosen is None:
        return
    detector = load_detector(others[chosen], st.session_state["device"])
    settings = Settings.of(detector.model)
    theirs = examined_with(detector, settings, subjects, "compared")
    if len(theirs) < len(subjects):
        return
    gained, lost = [], []
    for subject, one in zip(subjects, results, strict=True):
        other = theirs[subject.key]
        for number, (mine, their) in enumerate(zip(one.findings, other.findings, strict=True)):
            now, then = mine.verdict is Verdict.FOUND, their.verdict is Verdict.FOUND
            if now != then:
                (gained if now else lost).append((subject, number, their if now else mine))
    alarms = sum(len(one.alarms) for one in results), sum(len(one.alarms) for one in theirs.values())
    st.markdown(
        f"**{len(gained):,}** objects are found here and not there, **{len(lost):,}** there and not here; "
        f"{alarms[0]:,} false alarms here, {alarms[1]:,} there."
    )

    for title, rows in (("Found here alone", gained), ("Found there alone", lost)):
        if rows:
            st.markdown(f"**{title}** (below: what became of it in the other)")
            told = [(subject, number, finding.verdict.value) for subject, number, finding in rows]
            object_wall(told, f"compared {title}", SHOWN)


def body(here: Session) -> None:
    subjects = choose_subjects(here, "Of", "metrics")
    done = examined(here, subjects, "metrics")
    subjects = [subject for subject in subjects if subject.key in done]
    results = [done[subject.key] for subject in subjects]
    if not any(one.findings for one in results):
        st.info("No image with objects is examined yet.")
        return
    show_figures(here, subjects, results)
    st.subheader("Who gains, who loses")
    show_comparison(here, subjects, results)


run_page(
    "metrics",
    "COCO's figures of what was examined, where precision is lost, and what another detector finds instead.",
    body,
    "detections",
)
