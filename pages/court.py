import streamlit as st
import torch
from torchvision.ops import box_iou

from frcnn_viz.analysis.nms import FINAL, RPN, Court, court_of, keep_across_groups, keep_with, soft_nms
from frcnn_viz.analysis.outcomes import judge_picture
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.palette import GREEN, ORANGE, SELECTED
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, box_canvas
from frcnn_viz.ui.controls import setting_slider
from frcnn_viz.ui.page import run_page
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain

SHOWN = 200


def group_name(here: Session, stage: str, group: int) -> str:
    return here.trace.features.names[group] if stage == RPN else here.detector.classes[group]


def case_rows(here: Session, court: Court, stage: str, rows: list[int]) -> list[dict[str, object]]:
    """Suppressed boxes with who suppressed each, and whether they were of different objects."""
    truth = here.ground_truth
    result = []
    for row in rows:
        by = int(court.suppressor[row])
        line = {
            "suppressed": int(court.ids[row]),
            "level" if stage == RPN else "class": group_name(here, stage, int(court.groups[row])),
            "score": round(float(court.scores[row]), 3),
            "by": int(court.ids[by]),
            "IoU": round(float(court.iou(row, torch.tensor([by]))[0]), 3),
            "score gap": round(float(court.scores[by] - court.scores[row]), 3),
        }
        if truth is not None and len(truth):
            boxes = here.trace.input.boxes_in_image(court.boxes[[row, by]])
            iou = box_iou(boxes, truth.boxes_in_image.to(boxes.device))
            near = iou.argmax(dim=1)
            wrong = bool((iou.max(dim=1).values >= 0.5).all() and near[0] != near[1])
            line["another object"] = "yes" if wrong else ""
        result.append(line)
    return result


def show_steps(here: Session, court: Court, stage: str) -> None:
    steps = len(court.kept)
    step = st.slider("Step of the greedy algorithm", 1, max(steps, 2), 1, key=f"court_step_{stage}") - 1
    step = min(step, steps - 1)
    row = int(court.kept[step])
    victims, to_image = court.victims(row), here.trace.input.boxes_in_image
    earlier = court.kept[:step]
    layers = [
        BoxLayer("kept before", to_image(court.boxes[earlier]), [("kept before", GREEN)], ids=earlier, width=1.0),
        BoxLayer(
            "suppressed now",
            to_image(court.boxes[victims]),
            [("suppressed by it", ORANGE)],
            ids=victims,
            columns={"IoU": court.iou(row, victims), "score": court.scores[victims]},
            width=1.5,
        ),
        BoxLayer(
            "kept now", to_image(court.boxes[row][None]), [("kept now", SELECTED)], ids=torch.tensor([row]), width=3.0
        ),
    ]
    if here.ground_truth is not None:
        layers.insert(0, ground_truth_layer(here.ground_truth, visible=False))
    height, width = here.image.size

    def pick(picked: Pick) -> None:
        if picked.layer in ("suppressed now", "kept before", "kept now"):
            session.select("candidate" if stage == RPN else "detection", int(court.ids[picked.id]))

    left, right = st.columns([3, 2])
    with left:
        box_canvas(CanvasScene(here.image_url, width, height, layers), f"court_canvas_{stage}", pick)
        name = plain(group_name(here, stage, int(court.groups[row])))
        st.caption(
            f"Step {step + 1:,} of {steps:,}: the best box left ({name}, score {float(court.scores[row]):.3f}) is "
            f"kept, and {len(victims):,} that overlap it by more than {court.threshold:g} are suppressed."
        )
    with right:
        st.markdown("**Suppressed in this step**")
        st.dataframe(case_rows(here, court, stage, victims[:SHOWN].tolist()), hide_index=True, height=420)


def show_all(here: Session, court: Court, stage: str) -> None:
    rows = (court.suppressor >= 0).nonzero()[:, 0]
    rows = rows[court.scores[rows].argsort(descending=True)][:SHOWN].tolist()
    cases = case_rows(here, court, stage, rows)
    wrong = [case for case in cases if case.get("another object")]
    if wrong:
        st.warning(
            f"{len(wrong)} of the {len(cases)} best-scored suppressed boxes were on another object "
            "than their suppressor."
        )
    st.dataframe(cases, hide_index=True, height=300)


def show_ways(here: Session, court: Court) -> None:
    limit = here.settings.box_detections_per_img
    soft_rows, soft_scores = soft_nms(court, score_thresh=here.settings.box_score_thresh, most=limit)
    ways = {
        f"as it is, IoU {court.threshold:g}": (keep_with(court, court.threshold), None),
        "class-agnostic": (keep_across_groups(court, court.threshold, limit), None),
        "Soft-NMS, sigma 0.5": (soft_rows, soft_scores),
    }
    rows = []
    for name, (kept, scores) in ways.items():
        order = (court.scores[kept] if scores is None else scores).argsort(descending=True, stable=True)[:limit]
        kept = kept[order]
        line = {"NMS": name, "kept": len(kept)}
        if here.ground_truth is not None:
            boxes = here.trace.input.boxes_in_image(court.boxes[kept])
            truth = here.ground_truth
            outcomes = judge_picture(boxes, court.groups[kept], truth, here.detector.classes)
            line |= {
                f"found of {int((~truth.ignored).sum())}": int(outcomes.found.sum()),
                "false alarms": int(outcomes.false_alarms.sum()),
            }
        rows.append(line)
    st.dataframe(rows, hide_index=True)
    st.caption(
        "On the same scored boxes, after the limit on detections. Soft-NMS lowers scores instead of removing boxes."
    )


def body(here: Session) -> None:
    stage = st.segmented_control("Court", [FINAL, RPN], default=FINAL, key="court_stage") or FINAL
    setting_slider("box_nms_thresh" if stage == FINAL else "rpn_nms_thresh")
    court = court_of(here.trace, stage)
    if not len(court.kept):
        st.info("Nothing enters this NMS at these settings; lower a score threshold.")
        return
    show_steps(here, court, stage)
    with st.expander(f"All {int((court.suppressor >= 0).sum()):,} suppressed boxes, the best-scored first"):
        show_all(here, court, stage)
    if stage == FINAL:
        st.subheader("Other ways")
        show_ways(here, court)


run_page(
    "court",
    "Non-maximum suppression, step by step: the best box is kept, and every box that overlaps it too much is not.",
    body,
    "detections",
)
