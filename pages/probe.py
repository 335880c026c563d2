import streamlit as st
import torch
from torchvision.ops import box_iou

from frcnn_viz.analysis.probe import Passage, Probe, probe
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import ANCHOR, BLUE, GREEN, PURPLE
from frcnn_viz.figures.rasters import colourise, enlarge
from frcnn_viz.figures.rois import class_bars
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.panes.probe_box import moved_probe, probe_tools, probed_box
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


def show_anchor(here: Session, asked: Probe) -> None:
    grid = here.trace.anchors
    level, row, column, shape = grid.place(asked.anchor)
    size, ratio = grid.shapes[level][shape]
    name = here.trace.features.titles[level]
    term("probe.anchor_iou", f"{asked.anchor_iou:.3f}")
    term("probe.objectness", f"{asked.objectness:.3f}")
    term("probe.moved_iou", f"{asked.moved_iou:.3f}")
    st.caption(f"Anchor {asked.anchor:,}: level {name}, row {row}, column {column}, size {size:g}, ratio {ratio:g}.")


def show_passage(here: Session, number: int, passage: Passage) -> None:
    classes = here.detector.classes
    where = here.trace.input.boxes_in_image(torch.stack([passage.box, passage.refined]))
    st.markdown(f"**{'Refined' if number == 0 else 'Refined again'}**: {plain(classes[passage.label])}")
    chart(class_bars(passage.scores, classes, word("probe.softmax").term), f"probe_softmax_{number}", 230)
    moved = float(box_iou(passage.box[None], passage.refined[None]))
    numbers = ", ".join(f"{value:.1f}" for value in where[1].tolist())
    st.markdown(f"It would go to {numbers}; IoU {moved:.2f} with where it was.")
    if passage.stored is not None:
        st.caption(f"This box is proposal {passage.stored:,}: these are its stored numbers.")
    pooled = enlarge(colourise(passage.pooled.mean(dim=0)), 140)
    st.image(pooled, f"Pooled from level {passage.level}", alt="The features pooled from the box, mean over channels")


def steps(here: Session, asked: Probe) -> list[BoxLayer]:
    """Where the probe's nearest anchor is, where the RPN moves it, and where the second stage moves the probe."""
    boxes = [
        (word("probe.anchor").term, here.trace.anchors.boxes[asked.anchor], ANCHOR),
        (word("probe.moved").term, here.trace.decoded[asked.anchor], BLUE),
        *(
            (word(f"probe.{name}").term, passage.refined, colour)
            for name, passage, colour in zip(
                ("refined", "refined_again"), asked.passages, (PURPLE, GREEN), strict=False
            )
        ),
    ]
    to_image = here.trace.input.boxes_in_image
    return [BoxLayer(name, to_image(box[None]), [(name, colour)], width=2.5) for name, box, colour in boxes]


def picture(here: Session) -> None:
    box = probed_box(here)
    asked = probe(here.trace, torch.tensor(box))
    left, inspector = workbench()
    with left:
        moved = moved_probe(here)
        show_picture(here, "probe", steps(here, asked), on_edit=moved, tools=probe_tools(here, box))
    with inspector:
        st.caption("Move the box, resize it, or draw another: the one drawn last is asked about.")
        canvas_panel("probe_canvas")
        show_anchor(here, asked)
        show_passage(here, 0, asked.passages[0])


def again(here: Session) -> None:
    asked = probe(here.trace, torch.tensor(probed_box(here)))
    for number, passage in enumerate(asked.passages[1:], start=1):
        show_passage(here, number, passage)


run_page("probe", {"picture": picture, "again": again})
