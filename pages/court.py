import streamlit as st

from frcnn_viz.analysis.nms import FINAL, RPN, Court, court_of
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.court import STEP_LAYERS, step_layers
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.controls import segments, setting_slider
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.panes import other_nms
from frcnn_viz.ui.panes.cases import SHOWN, case_rows, group_name, show_cases
from frcnn_viz.ui.panes.playing import played_step, speed_choice
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option

STAGE = Option("court.stage", "final")
STAGES = {"final": FINAL, "rpn": RPN}


def held_court(here: Session) -> tuple[Court, str] | None:
    """The court in session; where nothing enters it that is told."""
    stage = STAGES[segments(STAGE, "option.court", STAGES)]
    setting_slider("box_nms_thresh" if stage == FINAL else "rpn_nms_thresh")
    court = court_of(here.trace, stage)
    if len(court.kept):
        return court, stage
    st.info("Nothing enters this NMS at these settings; lower a score threshold.")
    return None


def tell_step(here: Session, court: Court, stage: str) -> int:
    """The controls of the steps, and the step in words and numbers; returns it, from 0."""
    total = len(court.kept)
    step = played_step(total)
    row = int(court.kept[step - 1])
    victims = court.victims(row)
    name = ("level " if stage == RPN else "") + plain(group_name(here, stage, int(court.groups[row])))
    st.markdown(
        f"Step {step:,} of {total:,}: the best box left ({name}, score {float(court.scores[row]):.3f}) is "
        f"kept, and {len(victims):,} that overlap it by more than {court.threshold:g} are suppressed."
    )
    st.dataframe(
        case_rows(here, court, stage, victims[:SHOWN].tolist()),
        column_order=["suppressed", "IoU", "score", "another object"],
        hide_index=True,
        height=180,
    )
    speed_choice()
    return step - 1


def steps(here: Session) -> None:
    layers = [] if here.ground_truth is None else [ground_truth_layer(here.ground_truth, visible=False)]
    left, inspector = workbench()
    with inspector:
        if found := held_court(here):
            court, stage = found
            canvas_panel("court_canvas")
            layers += step_layers(court, tell_step(here, *found), here.trace.input.boxes_in_image)

    def pick(picked: Pick) -> None:
        if picked.layer in STEP_LAYERS:
            session.select("candidate" if stage == RPN else "detection", int(court.ids[picked.id]))

    with left:
        show_picture(here, "court", layers, pick)


def all_suppressed(here: Session) -> None:
    if found := held_court(here):
        show_cases(here, *found)


run_page("court", {"steps": steps, "all_suppressed": all_suppressed, "other_ways": other_nms.body})
