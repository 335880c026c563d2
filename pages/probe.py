import streamlit as st
import torch
from torchvision.ops import box_iou

from frcnn_viz.analysis.probe import Passage, probe
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Tools
from frcnn_viz.data.annotations import Object
from frcnn_viz.figures.palette import ANCHOR, BLUE, GREEN, PURPLE, SELECTED
from frcnn_viz.figures.rasters import colourise, enlarge
from frcnn_viz.figures.rois import class_bars
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.edits import Edit
from frcnn_viz.ui.page import run_page, term
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain

PROBE = "probe"


def probed_box(here: Session) -> tuple[float, float, float, float]:
    """Where the probe is: as drawn on this image, else on the selected proposal, else in the middle."""
    kept = st.session_state.get("probe")
    if kept and kept[0] == here.image.sha256:
        return kept[1]
    chosen = session.selected("proposal")
    if chosen is not None and chosen < len(here.trace.proposals):
        return tuple(here.trace.input.boxes_in_image(here.trace.proposals.boxes[chosen][None])[0].tolist())
    height, width = here.image.size
    return width * 0.4, height * 0.4, width * 0.6, height * 0.6


def draw(here: Session, box: tuple[float, float, float, float]) -> None:
    def moved(edit: Edit) -> None:
        usable = [one for one in edit.objects if one.usable]
        if usable:  # the box drawn last is the probe
            st.session_state["probe"] = (here.image.sha256, usable[-1].box)
            st.session_state["probe_serial"] = edit.serial

    height, width = here.image.size
    ack = st.session_state.get("probe_serial", "")
    tools = Tools([Object(box, PROBE)], [PROBE], [SELECTED], "probe", ack)
    scene = CanvasScene(here.image_url, width, height, [], tools=tools)
    box_canvas(scene, f"probe_{here.image.sha256[:16]}", on_edit=moved)
    st.caption("Move it, resize it, or draw another: the one drawn last is asked about.")


def show_passage(here: Session, number: int, passage: Passage) -> None:
    classes = here.detector.classes
    where = here.trace.input.boxes_in_image(torch.stack([passage.box, passage.refined]))
    st.markdown(f"**{'Refined' if number == 0 else 'Refined again'}**: {plain(classes[passage.label])}")
    chart(class_bars(passage.scores, classes, "Softmax"), f"probe_softmax_{number}", 250)
    left, right = st.columns(2)
    left.image(enlarge(colourise(passage.pooled.mean(dim=0)), 140), caption=f"Pooled from level {passage.level}")
    moved = float(box_iou(passage.box[None], passage.refined[None]))
    numbers = ", ".join(f"{value:.1f}" for value in where[1].tolist())
    right.markdown(f"It would go to {numbers}; IoU {moved:.2f} with where it was.")
    if passage.stored is not None:
        right.caption(f"This box is proposal {passage.stored:,}: these are its stored numbers.")


def body(here: Session) -> None:
    box = probed_box(here)
    asked = probe(here.trace, torch.tensor(box))
    left, right = st.columns([3, 2])
    with left:
        draw(here, box)
    with right:
        grid = here.trace.anchors
        level, row, column, shape = grid.place(asked.anchor)
        size, ratio = grid.shapes[level][shape]
        name = here.trace.features.names[level]
        one, two, three = st.columns(3)
        with one:
            term("Best anchor IoU", f"{asked.anchor_iou:.3f}", f"Anchor {asked.anchor:,}: level {name}, size {size:g}.")
        with two:
            term("Its objectness", f"{asked.objectness:.3f}", "The RPN's probability of an object at that anchor.")
        with three:
            term("IoU once moved", f"{asked.moved_iou:.3f}", "Of that anchor, moved by the RPN, with the box.")
        st.caption(
            f"Anchor {asked.anchor:,}: level {name}, row {row}, column {column}, size {size:g}, ratio {ratio:g}."
        )
        show_passage(here, 0, asked.passages[0])
    to_image = here.trace.input.boxes_in_image
    steps = [("anchor", grid.boxes[asked.anchor], ANCHOR), ("moved by the RPN", here.trace.decoded[asked.anchor], BLUE)]
    steps += [
        (name, passage.refined, colour)
        for name, passage, colour in zip(("refined", "refined again"), asked.passages, (PURPLE, GREEN), strict=False)
    ]
    layers = [BoxLayer("probe", torch.tensor([box]), [("probe", SELECTED)], width=3.0)]
    layers += [BoxLayer(name, to_image(of[None]), [(name, colour)], width=2.5) for name, of, colour in steps]
    left, right = st.columns([3, 2])
    with left:
        height, width = here.image.size
        box_canvas(CanvasScene(here.image_url, width, height, layers), "probe_canvas")
    with right:
        if len(asked.passages) > 1:
            show_passage(here, 1, asked.passages[1])


run_page(
    "probe",
    "Draw any box and see what each stage thinks of it, as if it were a proposal, once and again.",
    body,
    "rois",
)
