import streamlit as st

from frcnn_viz.analysis.examination import Examination, left_out
from frcnn_viz.analysis.sums import strange_classes
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.figures.autopsy import alarm_layer, evidence_layers, name_of, object_layer, object_rows
from frcnn_viz.figures.held import held_layers
from frcnn_viz.ui import session, survey, view
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.controls import setting_dial, turn_dials
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.objects import object_list
from frcnn_viz.ui.panes import fixes, stress, waterfall, why_object
from frcnn_viz.ui.panes.verdict import chosen_object, evidence, examined_here, follow_to_its_page, has_stage
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import tell_empty, this_image
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


def show_picture_of(here: Session, examined: Examination, object_: int | None) -> None:
    truth = this_image(here).truth
    layers = [
        object_layer(truth, examined.findings),
        alarm_layer(examined.detections, examined.labels, examined.scores, here.detector.classes, examined.alarms),
    ]
    if object_ is not None:
        layers += evidence_layers(here.trace, examined.findings[object_])
    chosen = None if object_ is None else truth.boxes_in_image[object_]
    layers += held_layers(here.trace, here.detector.classes, setting_dial, chosen)

    def pick(picked: Pick) -> None:
        if picked.layer == "object":
            session.select("object", picked.id)
        elif picked.layer == "false alarm":
            session.select("detection", int(here.trace.detections.kept[picked.id]))
            view.go_to("detections")

    show_picture(here, "autopsy", layers, pick, turn_dials)


def offer_a_miss(here: Session) -> None:
    """Go to a picture where something is missed, when asked."""
    st.success("Nothing is missed on this picture.")
    told = word("action.with_misses").hover
    if not st.button("Go to a picture where something is missed", key="find_a_miss", type="primary", help=told):
        return
    with progress("miss") as tell:
        found = survey.where_missed(here, tell)
    if found is None:
        st.info("Nothing is missed on any sample either. A higher score threshold makes the detector miss more.")
        return
    session.choose_image(found)
    st.rerun()


def show_verdict(here: Session, finding: Finding, object_: int) -> None:
    with st.container(height=230, border=False):
        st.markdown(f"##### Object {object_}: {plain(here.ground_truth.names[object_])}, {name_of(finding.verdict)}")
        (st.success if finding.verdict is Verdict.FOUND else st.warning)(plain(finding.sentence))
        if has_stage(finding):
            told = word("action.open_stage").term
            st.button(told, key="open_stage", on_click=follow_to_its_page, args=(here, finding))


def this_picture(here: Session) -> None:
    this, examined = this_image(here), examined_here(here)
    object_ = chosen_object(examined)
    left, inspector = workbench()
    with inspector:
        st.markdown(
            f"**{examined.missed} of {int(examined.counted.sum())} objects missed**, "
            f"{len(examined.alarms)} false alarms."
        )
        if here.ground_truth is None:
            nothing_drawn(here)
        elif not examined.missed and bool(examined.counted.any()):
            offer_a_miss(here)
        if object_ is not None:
            show_verdict(here, examined.findings[object_], object_)
            rows = object_rows(this.truth, examined.findings)
            object_list(rows, object_, height=140)
        canvas_panel("autopsy_canvas")  # under what is chosen, since its legend is as long as the evidence
        for sentence in (strange_classes([this.truth], here.detector.classes), *left_out([examined])):
            if sentence:
                st.caption(sentence)
        tell_empty([this])
    with left:
        show_picture_of(here, examined, object_)


run_page(
    "autopsy",
    {
        "this_picture": this_picture,
        "fixes": fixes.body,
        "waterfall": waterfall.body,
        "stress": stress.body,
        "why_score": why_object.body,
        "evidence": evidence,
    },
    lineage=False,
)
