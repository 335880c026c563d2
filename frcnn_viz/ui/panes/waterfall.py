"""How many objects of a set are still there after each stage, which stage loses most, and the misses as pictures."""

from __future__ import annotations

import streamlit as st
import torch

from frcnn_viz.analysis.examination import Examination, left_out
from frcnn_viz.analysis.sums import strange_classes
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.analysis.waterfall import THRESHOLDS, group_rows, loses_most
from frcnn_viz.data.statistics import BANDS
from frcnn_viz.figures.autopsy import mistake_figure, name_of, verdict_figure
from frcnn_viz.figures.metrics import waterfall_figure
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import segments
from frcnn_viz.ui.objects import object_wall
from frcnn_viz.ui.panes import set_report
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import Subject, chosen_subjects, tell_empty, tell_set
from frcnn_viz.ui.survey import examined
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.view import Option

IOU, VERDICT = Option("autopsy.iou", 0.5), Option("autopsy.verdict", "")
SHOWN = 24


def body(here: Session) -> None:
    """Recall after each stage, verdicts, misses and false alarms of the set of images."""
    subjects = chosen_subjects(here)
    tell_set(here, subjects)
    done = examined(here, subjects, "waterfall")
    if not any(one.findings or one.alarms for one in done.values()):
        st.info("No image with objects is examined yet.")
        return
    subjects = [subject for subject in subjects if subject.key in done]
    results = [done[subject.key] for subject in subjects]
    counted = torch.cat([one.counted for one in results])
    names = [name for subject in subjects for name in subject.truth.names]
    names = [name for name, counts in zip(names, counted.tolist(), strict=True) if counts]
    ious, sizes = torch.cat([one.ious for one in results]), torch.cat([one.sizes for one in results])
    if sentence := strange_classes([subject.truth for subject in subjects], here.detector.classes):
        st.warning(sentence)
    if names:
        show_waterfall(ious[counted], names, sizes[counted], results)
    for sentence in left_out(results):
        st.caption(sentence)
    tell_empty(subjects)
    left, right = st.columns([2, 3])
    with left:
        chart(verdict_figure([finding for one in results for finding in one.findings]), "verdicts_all", 320)
        st.caption(
            "Recall tells which objects have a box after a stage; a stage that moves boxes may bring some back. "
            "What is not brought back is lost for good there, and has that stage's verdict."
        )
    with right:
        show_failures(subjects, results)
    set_report.offer(here, subjects, results)
    if alarms := [alarm for one in results for alarm in one.alarms]:
        chart(mistake_figure(alarms), "mistakes_all", 240)


def show_waterfall(ious: torch.Tensor, names: list[str], sizes: torch.Tensor, done: list[Examination]) -> None:
    """ious: float32 [G, stages]; names and sizes of the same objects."""
    chart(waterfall_figure(ious), "waterfall", 340)
    for threshold in THRESHOLDS:
        if loss := loses_most(ious, threshold):
            st.markdown(
                f"At IoU {threshold:g}, the step **{loss.stage}** loses most: "
                f"{loss.objects:,} of {len(ious):,} objects are lost there for good."
            )
    threshold = segments(IOU, "option.waterfall.iou", {value: f"{value:g}" for value in THRESHOLDS})
    groups = [(name, torch.tensor([n == name for n in names])) for name in sorted(set(names))]
    groups += [(band, (sizes >= low) & (sizes < high)) for band, (low, high) in BANDS.items()]
    rows = group_rows(ious, groups, threshold)
    explained_table(rows)
    mean = {name: sum(one.ms[name] for one in done) / len(done) for name in done[0].ms}
    times = ", ".join(f"{name} {value:.1f}" for name, value in mean.items())
    st.caption(f"Size bands are COCO's, in resized pixels. Mean milliseconds an image: {times}.")


def show_failures(subjects: list[Subject], results: list[Examination]) -> None:
    """Pictures of the missed objects of one verdict, the furthest off first."""
    lost = [
        (finding, subject, number)
        for subject, one in zip(subjects, results, strict=True)
        for number, finding in enumerate(one.findings)
        if finding.missed
    ]
    present = [verdict for verdict in Verdict if any(finding.verdict is verdict for finding, _, _ in lost)]
    if not present:
        if any(bool(one.counted.any()) for one in results):
            st.success("No object was missed.")
        return
    titles = {"": "every verdict"} | {verdict.name.lower(): name_of(verdict) for verdict in present}
    chosen = segments(VERDICT, "option.verdict", titles)
    shown = [row for row in lost if chosen in ("", row[0].verdict.name.lower())]
    shown.sort(key=lambda row: row[0].iou)
    told = [(subject, number, f"{name_of(f.verdict)}; IoU {f.iou:.2f}") for f, subject, number in shown]
    object_wall(told, "failures", SHOWN, width=110)
    st.caption("The furthest off first. Click one to see why.")
