import streamlit as st

from frcnn_viz.analysis.nms import FINAL, RPN, Court, court_of, object_under
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.court import court_layer
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.controls import segments, setting_dial, setting_slider, turn_dials
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.panes import other_nms
from frcnn_viz.ui.panes.cases import group_name, show_cases
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

STAGE = Option("court.stage", "final")
STAGES = {"final": FINAL, "rpn": RPN}
THRESHOLD = {FINAL: "box_nms_thresh", RPN: "rpn_nms_thresh"}


def held_court(here: Session) -> tuple[Court, str]:
    """The court in session; where nothing enters it that is told."""
    stage = STAGES[segments(STAGE, "option.court", STAGES)]
    court = court_of(here.trace, stage)
    if not len(court.ids):
        st.info("Nothing enters this NMS at these settings; lower a score threshold.")
    return court, stage


def show_steps(here: Session, court: Court, stage: str) -> None:
    truth = here.ground_truth
    boxes = here.trace.input.boxes_in_image(court.boxes)
    layers = [] if truth is None else [ground_truth_layer(truth, visible=False)]
    name = word("canvas.candidate" if stage == RPN else "canvas.refined_box").term
    kind, prefix = ("candidate", "level ") if stage == RPN else ("detection", "")
    if len(court.ids):
        groups = here.trace.features.titles if stage == RPN else here.detector.classes
        names = [prefix + group_name(here, stage, group) for group in range(len(groups))]
        objects = None if truth is None else object_under(boxes, truth.boxes_in_image)
        layers.append(court_layer(name, court, boxes, names, setting_dial(THRESHOLD[stage]), objects))

    def pick(picked: Pick) -> None:
        if picked.id is not None and picked.layer == name:
            session.select(kind, picked.id)

    show_picture(here, "court", layers, pick, turn_dials)


def steps(here: Session) -> None:
    left, inspector = workbench()
    with inspector:
        court, stage = held_court(here)
        canvas_panel("court_canvas")
    with left:
        show_steps(here, court, stage)


def all_suppressed(here: Session) -> None:
    court, stage = held_court(here)
    setting_slider(THRESHOLD[stage])
    show_cases(here, court, stage)


run_page("court", {"steps": steps, "all_suppressed": all_suppressed, "other_ways": other_nms.body})
