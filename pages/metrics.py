import streamlit as st

from frcnn_viz.analysis.confusion import confusion, scored
from frcnn_viz.analysis.examination import Examination
from frcnn_viz.analysis.metrics import FIGURES, coco_report
from frcnn_viz.analysis.sums import sums
from frcnn_viz.figures.metrics import (
    confusion_figure,
    precision_recall_figure,
    score_figure,
    threshold_figure,
)
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import slide
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.inspector import term
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import Subject, chosen_subjects, tell_set
from frcnn_viz.ui.survey import examined
from frcnn_viz.ui.view import Option

SCORE = Option("metrics.score", 0.5)
Found = list[dict[str, object]]


def examined_set(here: Session) -> tuple[list[Subject], list[Examination]]:
    """The images of the set that are examined; where there is nothing to measure by, that is told and none is given."""
    subjects = chosen_subjects(here)
    tell_set(here, subjects)
    done = examined(here, subjects, "metrics")
    subjects = [subject for subject in subjects if subject.key in done]
    results = [done[subject.key] for subject in subjects]
    if not any(one.findings for one in results):
        st.info("No image with objects is examined yet.")
        return [], []
    return subjects, results


def detections_of(results: list[Examination]) -> Found:
    return [{"boxes": one.detections, "labels": one.labels, "scores": one.scores} for one in results]


def figures(here: Session) -> None:
    subjects, results = examined_set(here)
    if not subjects:
        return
    classes, truths = here.detector.classes, [subject.truth for subject in subjects]
    for sentence in sums(truths, results, classes):
        st.caption(sentence)
    found = detections_of(results)
    if not scored(found, truths, classes[1:]).objects:
        st.info("There is no object that the detector should find, so there is nothing to measure it by.")
        return
    report = coco_report(found, truths, classes[1:])
    for start in range(0, len(FIGURES), 3):
        for column, name in zip(st.columns(3), FIGURES[start : start + 3], strict=True):
            with column:
                value = report.figures[name]
                term(f"metric.{name}", "none" if value != value else f"{value:.3f}", more="By pycocotools.")


def curves(here: Session) -> None:
    subjects, results = examined_set(here)
    if not subjects:
        return
    classes, truths, found = here.detector.classes, [s.truth for s in subjects], detections_of(results)
    counted = scored(found, truths, classes[1:])
    left, right = st.columns(2)
    with left:
        if counted.objects:
            chart(
                precision_recall_figure(coco_report(found, truths, classes[1:]), classes[1:]), "precision_recall", 280
            )
            chart(threshold_figure(counted.scores, counted.right, counted.objects), "score_threshold", 240)
    with right:
        lowest = slide(SCORE, "metric.from_score", 0.0, 1.0, 0.05)
        chart(confusion_figure(confusion(found, truths, classes[1:], lowest), classes), "confusion", 280)
        chart(score_figure(counted.scores, counted.right), "score_histogram", 200)


run_page("metrics", {"figures": figures, "curves": curves}, lineage=False)
