from dataclasses import replace

import streamlit as st
import torch

from frcnn_viz.analysis.stress import AXES, Point, breaks_first, stress
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.metrics import stress_figure
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.page import run_page
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain


def run(here: Session, object_: int, label: int, name: str) -> list[Point]:
    """The curve, with progress and a stop; what is done is kept and gone on from."""
    axis, truth = AXES[name], here.ground_truth
    kept = st.session_state.setdefault("stress", {})
    key = (here.detector.fingerprint, here.image.sha256, here.settings, truth, object_, name)
    if key not in kept:
        kept.clear()
        kept[key] = []
    points = kept[key]
    if len(points) < len(axis.values) and st.session_state.get("stress_stopped") != key:
        plain = here.image.tensor

        def trace_of(image: torch.Tensor, settings: Settings) -> Trace:
            if image is plain:
                return here.trace_with(settings)
            return Trace(here.detector.model, image, settings)

        rest = replace(axis, values=axis.values[len(points) :])
        with progress("stress", on_stop=lambda: st.session_state.update(stress_stopped=key)) as tell:
            for point in stress(trace_of, plain, truth.boxes_in_image[object_], label, rest, here.settings):
                points.append(point)
                tell(len(points), len(axis.values), f"{axis.name} {point.value:g}")
    return points


def body(here: Session) -> None:
    truth = here.ground_truth
    if truth is None or not len(truth):
        st.info("Nothing is drawn on this picture; draw its objects on the page Draw, or choose a sample.")
        return
    chosen = session.selected("object")
    object_ = chosen if chosen is not None and chosen < len(truth) else 0
    label = int(truth.labels_in(here.detector.classes)[object_])
    left, right = st.columns([2, 3])
    with left:
        height, width = here.image.size

        def pick(picked: Pick) -> None:
            if picked.layer == "ground truth":
                session.select("object", picked.id)

        layers = [ground_truth_layer(truth)]
        box_canvas(CanvasScene(here.image_url, width, height, layers), "stress_canvas", pick)
        st.caption(f"Object {object_}, {plain(truth.names[object_])}. Click another one to put it under stress.")
    with right:
        name = st.segmented_control("What is changed", list(AXES), default="shift", key="stress_axis") or "shift"
        if label < 1:
            st.info(
                f"The detector does not know the class {plain(truth.names[object_])}, so there is no score to follow."
            )
            return
        points = run(here, object_, label, name)
        chart(stress_figure(points, AXES[name]), "stress_curve", 400)
        broken = breaks_first(points)
        if len(points) < len(AXES[name].values):
            st.caption("Stopped; choose another object or change, and this one again, to go on.")
        elif broken is None:
            st.success(f"It is found at every value, to the harshest ({AXES[name].values[-1]:g} {AXES[name].unit}).")
        if broken is not None:
            st.warning(f"At {broken[0]:g} ({AXES[name].unit}) it is lost first, and **{broken[1]}** is what loses it.")


run_page(
    "stress",
    "One object, and one thing made harsher step by step: which stage breaks first?",
    body,
    "detections",
)
