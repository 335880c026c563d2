import streamlit as st
import torch

from frcnn_viz.analysis.examination import Examination, left_out
from frcnn_viz.analysis.sums import strange_classes
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.analysis.waterfall import THRESHOLDS, group_rows, loses_most
from frcnn_viz.data.statistics import BANDS
from frcnn_viz.figures.autopsy import mistake_figure, verdict_figure
from frcnn_viz.figures.metrics import waterfall_figure
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.objects import object_wall
from frcnn_viz.ui.page import run_page
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import Subject, choose_subjects, tell_empty
from frcnn_viz.ui.survey import examined

SHOWN = 24


def show_waterfall(ious: torch.Tensor, names: list[str], sizes: torch.Tensor, done: list[Examination]) -> None:
    chart(waterfall_figure(ious), "waterfall", 380)
    for threshold in THRESHOLDS:
        loss = loses_most(ious, threshold)
        if loss:
            st.markdown(
                f"At IoU {threshold:g}, **{loss.stage}** loses most: "
                f"{loss.objects:,} of {len(ious):,} objects are lost there for good."
            )
    threshold = st.segmented_control("Groups at IoU", THRESHOLDS, default=0.5, key="waterfall_iou") or 0.5
    groups = [(name, torch.tensor([n == name for n in names])) for name in sorted(set(names))]
    groups += [(band, (sizes >= low) & (sizes < high)) for band, (low, high) in BANDS.items()]
    rows = group_rows(ious, groups, threshold)
    st.dataframe(
        [{k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()} for row in rows], hide_index=True
    )
    stages = done[0].ms
    mean = {name: sum(one.ms[name] for one in done) / len(done) for name in stages}
    times = ", ".join(f"{name} {value:.1f}" for name, value in mean.items())
    st.caption(f"Size bands are COCO's, in resized pixels. Mean milliseconds an image: {times}.")


def show_failures(subjects: list[Subject], done: dict[str, Examination]) -> None:
    lost = [
        (finding, subject, number)
        for subject in subjects
        if subject.key in done
        for number, finding in enumerate(done[subject.key].findings)
        if finding.missed
    ]
    present = [v for v in Verdict if any(finding.verdict is v for finding, _, _ in lost)]
    if not present:
        st.success("No object was missed.")
        return
    chosen = st.pills("Verdict", present, format_func=lambda v: v.value, default=present[0], key="gallery_verdict")
    shown = [row for row in lost if chosen is None or row[0].verdict is chosen]
    shown.sort(key=lambda row: row[0].iou)

    told = [(subject, number, f"{f.verdict.value}; IoU {f.iou:.2f}") for f, subject, number in shown]
    object_wall(told, "failures", SHOWN, width=110)
    st.caption("The furthest off first. Click one to see why.")


def body(here: Session) -> None:
    subjects = choose_subjects(here, "Of", "waterfall")
    done = examined(here, subjects, "waterfall")
    if not any(one.findings or one.alarms for one in done.values()):
        st.info("No image with objects is examined yet.")
        return
    results = [done[subject.key] for subject in subjects if subject.key in done]
    counted = torch.cat([one.counted for one in results])
    names = [name for subject in subjects if subject.key in done for name in subject.truth.names]
    names = [name for name, counts in zip(names, counted.tolist(), strict=True) if counts]
    ious, sizes = torch.cat([one.ious for one in results]), torch.cat([one.sizes for one in results])
    if sentence := strange_classes([s.truth for s in subjects if s.key in done], here.detector.classes):
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
        show_failures(subjects, done)
    alarms = [alarm for one in results for alarm in one.alarms]
    if alarms:
        chart(mistake_figure(alarms), "mistakes_all", 240)


run_page(
    "waterfall",
    "How many objects are still there after each stage, and which stage loses most; for one image or for all.",
    body,
    "detections",
)
