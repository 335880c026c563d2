import streamlit as st

from frcnn_viz.analysis.examination import Examination, left_out
from frcnn_viz.analysis.fixes import TRIED, Fix, fixes
from frcnn_viz.analysis.sums import strange_classes
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.figures.autopsy import (
    alarm_layer,
    evidence_layers,
    fix_rows,
    mistake_figure,
    object_layer,
    object_rows,
    verdict_figure,
)
from frcnn_viz.ui import library, session, survey
from frcnn_viz.ui.box_canvas import Pick, box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import setting_slider
from frcnn_viz.ui.lineage import lineage_strip
from frcnn_viz.ui.page import go_to, run_page
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import of_items, tell_empty, this_image
from frcnn_viz.ui.text import plain

PAGE_OF = {
    Verdict.NO_ANCHOR: "lab",
    Verdict.MOVED_AWAY: "proposals",
    Verdict.BELOW_TOP_N: "proposals",
    Verdict.RPN_FILTERED: "proposals",
    Verdict.RPN_NMS: "proposals",
    Verdict.PROPOSAL_LIMIT: "proposals",
    Verdict.REFINED_AWAY: "rois",
    Verdict.BADLY_PLACED: "detections",
    Verdict.BACKGROUND: "rois",
    Verdict.OTHER_CLASS: "rois",
    Verdict.UNDER_SCORE: "detections",
    Verdict.BOX_TOO_SMALL: "detections",
    Verdict.FINAL_NMS: "detections",
    Verdict.DETECTION_LIMIT: "detections",
    Verdict.MERGED: "detections",
    Verdict.SHARED: "detections",
    Verdict.FOUND: "detections",
}


def chosen_object(examined: Examination) -> int | None:
    """The selected object; else the first that was missed."""
    chosen = session.selected("object")
    if chosen is not None and chosen < len(examined.findings):
        return chosen
    missed = [g for g, finding in enumerate(examined.findings) if finding.missed]
    return missed[0] if missed else 0 if examined.findings else None


def follow_to_its_page(here: Session, finding: Finding) -> None:
    """Select what the verdict is about, and go to the page of the stage that lost it."""
    for kind, value in (("anchor", finding.anchor), ("candidate", finding.candidate), ("proposal", finding.proposal)):
        session.select(kind, value)
    if finding.proposal is not None:
        session.select("detection", finding.proposal * (here.trace.rois.num_classes - 1) + finding.label - 1)
    go_to(PAGE_OF[finding.verdict])


def show_fixes(here: Session, finding: Finding, object_: int) -> None:
    if finding.verdict not in TRIED:
        return
    truth = here.ground_truth
    key = ("fixes", here.detector.fingerprint, here.image.sha256, here.settings, object_, truth)
    st.markdown("**What would mend it**")
    asked = st.session_state.setdefault("fixes_asked", {})
    if key not in asked:
        if not st.button("Try every setting that could", key="try_fixes", help="Each is really run, in small steps."):
            return
        asked.clear()
        with progress("fixes", "Nothing is changed by it.") as tell:
            asked[key] = fixes(
                here.trace_with, here.settings, object_, finding.verdict, truth, here.detector.classes, progress=tell
            )
    told: list[Fix] = asked[key]
    if not told:
        st.caption("No single setting recovers it, within the range that was tried; other anchors or training would.")
        return
    st.dataframe(fix_rows(told), hide_index=True)
    show_price(here, told)
    st.caption("Each was tried: with it the object is found, one step less does not do.")
    for number, fix in enumerate(told):
        changes = fix.settings.changes(here.settings)
        st.button(
            f"Apply {fix.name} {fix.after:g}",
            key=f"apply_fix_{number}",
            on_click=session.change_settings,
            kwargs={name: getattr(fix.settings, name) for name in changes},
        )


def show_price(here: Session, told: list[Fix]) -> None:
    """What the cheapest change costs on all of the workspace, when asked."""
    subjects = of_items(library.items())
    if not subjects or not st.button(f"Price of the first on your {len(subjects):,} images", key="price"):
        return
    totals = []
    with progress("price") as tell:
        for settings in (here.settings, told[0].settings):
            survey.run(here.detector, settings, subjects, tell)
            done = survey.known(here.detector, settings, subjects).values()
            totals.append((sum(one.missed for one in done), sum(len(one.alarms) for one in done)))
    (missed, alarms), (missed_then, alarms_then) = totals
    st.markdown(
        f"With {told[0].name} {told[0].after:g} on all your images: misses {missed:,} → {missed_then:,}, "
        f"false alarms {alarms:,} → {alarms_then:,}."
    )


def show_object(here: Session, examined: Examination, object_: int) -> None:
    finding = examined.findings[object_]
    st.markdown(f"### Object {object_}: {plain(here.ground_truth.names[object_])}, {finding.verdict.value}")
    (st.success if finding.verdict is Verdict.FOUND else st.warning)(plain(finding.sentence))
    if finding.verdict in PAGE_OF:
        st.button("Open its stage", key="open_stage", on_click=follow_to_its_page, args=(here, finding))
    if finding.anchor is not None:
        lineage_strip(here, finding.anchor, finding.label)
    show_fixes(here, finding, object_)


def body(here: Session) -> None:
    if here.ground_truth is None:
        st.info("Nothing is drawn on this picture; draw its objects on the page Draw, or choose a sample.")
    for column, name in zip(st.columns(3), ("box_score_thresh", "box_nms_thresh", "rpn_nms_thresh"), strict=True):
        with column:
            setting_slider(name)
    this = this_image(here)
    examined = survey.examined(here, [this], "autopsy")[this.key]
    object_ = chosen_object(examined)
    left, right = st.columns([3, 2])
    with left:
        classes = here.detector.classes
        layers = [
            object_layer(this.truth, examined.findings),
            alarm_layer(examined.detections, examined.labels, examined.scores, classes, examined.alarms),
        ]
        if object_ is not None:
            layers += evidence_layers(here.trace, examined.findings[object_])

        def pick(picked: Pick) -> None:
            if picked.layer == "object":
                session.select("object", picked.id)
            elif picked.layer == "false alarm":
                session.select("detection", int(here.trace.detections.kept[picked.id]))
                go_to("detections")

        height, width = here.image.size
        box_canvas(CanvasScene(here.image_url, width, height, layers), "autopsy_canvas", pick)
        if sentence := strange_classes([this.truth], classes):
            st.caption(sentence)
        st.caption(
            f"{examined.missed} of {int(examined.counted.sum())} objects missed, {len(examined.alarms)} false alarms "
            "(click their kinds in the legend to show them). Click an object for its verdict."
        )
        for sentence in left_out([examined]):
            st.caption(sentence)
        tell_empty([this])
    with right:
        st.dataframe(object_rows(this.truth, examined.findings), hide_index=True, height=230)
        chart(verdict_figure(examined.findings), "verdicts", 240)
    if object_ is not None:
        show_object(here, examined, object_)
    if examined.alarms:
        chart(mistake_figure(examined.alarms), "mistakes", 240)


run_page(
    "autopsy",
    "For every object that was missed: the stage that lost it, the evidence, and the smallest change that mends it.",
    body,
    "detections",
    strip=False,
)
