import streamlit as st
import torch

from frcnn_viz.analysis.anchor_report import BANDS
from frcnn_viz.analysis.examination import Examination
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.analysis.waterfall import group_rows, loses_most
from frcnn_viz.figures.autopsy import (
    mistake_figure,
    verdict_figure,
    waterfall_figure,
)
from frcnn_viz.ui import session
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.gallery import Tile, gallery
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.objects import crop_box
from frcnn_viz.ui.page import open_page, run_page
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import choose_subjects, examined
from frcnn_viz.ui.survey import Subject

SHOWN = 24


def show_waterfall(ious: torch.Tensor, names: list[str], sizes: torch.Tensor, done: list[Examination]) -> None:
    chart(waterfall_figure(ious), "waterfall", 380)
    for threshold in (0.5, 0.7):
        loss = loses_most(ious, threshold)
        if loss:
            st.markdown(
                f"At IoU {threshold:g}, **{loss.stage}** loses most: "
                f"{loss.objects:,} of {len(ious):,} objects are gone after it."
            )
    threshold = st.segmented_control("Groups at IoU", [0.5, 0.7], default=0.5, key="waterfall_iou") or 0.5
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
    verdicts = [v for v in Verdict if v is not Verdict.FOUND]
    lost = [
        (finding, subject, number)
        for subject in subjects
        if subject.key in done
        for number, finding in enumerate(done[subject.key].findings)
        if finding.verdict is not Verdict.FOUND
    ]
    present = [v for v in verdicts if any(finding.verdict is v for finding, _, _ in lost)]
    if not present:
        st.success("No object was missed.")
        return
    chosen = st.pills("Verdict", present, format_func=lambda v: v.value, default=present[0], key="gallery_verdict")
    shown = [row for row in lost if chosen is None or row[0].verdict is chosen]
    shown.sort(key=lambda row: row[0].iou)

    def pick(key: str) -> None:
        image, number = key.rsplit(" ", 1)
        session.choose_image(image)
        session.select("object", int(number))
        st.session_state["open"] = "autopsy"

    tiles = [
        Tile(
            f"{subject.key} {number}",
            image_url(crop_box(subject.key, subject.truth.boxes_in_image[number])),
            subject.truth.names[number],
            f"{finding.verdict.value}; IoU {finding.iou:.2f}",
        )
        for finding, subject, number in shown[:SHOWN]
    ]
    gallery(tiles, "failures", pick, width=110)
    st.caption(f"{min(SHOWN, len(shown)):,} of {len(shown):,}, the furthest off first. Click one to see why.")


def body(here: Session) -> None:
    if target := st.session_state.pop("open", None):
        open_page(target)
    subjects = choose_subjects(here, "waterfall")
    done = examined(here, subjects, "waterfall")
    if not any(one.findings for one in done.values()):
        st.info("No image with objects is examined yet.")
        return
    results = [done[subject.key] for subject in subjects if subject.key in done]
    names = [name for subject in subjects if subject.key in done for name in subject.truth.names]
    ious, sizes = torch.cat([one.ious for one in results]), torch.cat([one.sizes for one in results])
    show_waterfall(ious, names, sizes, results)
    left, right = st.columns([2, 3])
    with left:
        chart(verdict_figure([finding for one in results for finding in one.findings]), "verdicts_all", 320)
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
