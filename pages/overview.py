import streamlit as st

from frcnn_viz.analysis.equality import Difference, compare_with_model
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.overview import detection_layer, funnel_figure, thumbnails
from frcnn_viz.pipeline.settings import TRAINING_NAMES
from frcnn_viz.ui.box_canvas import box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.gallery import Tile, gallery
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.page import go_to, open_page, run_page
from frcnn_viz.ui.session import Session, select

TITLES = {
    "input": ("Input", "input"),
    "features": ("Features", "features"),
    "anchors": ("Anchors", "anchors"),
    "rpn": ("Objectness", "proposals"),
    "proposals": ("Proposals", "proposals"),
    "rois": ("RoIs", "rois"),
    "detections": ("Detections", "detections"),
    "masks": ("Masks", "third_head"),
    "keypoints": ("Keypoints", "third_head"),
}


def show_stages(here: Session) -> None:
    stages = {stage.name: stage for stage in here.trace.stages}
    pictures = thumbnails(here.trace)
    tiles = []
    for name, (picture, says) in pictures.items():
        title, _ = TITLES[name]
        stage = stages[name]
        caption = f"{stage.count:,} {stage.unit}, {stage.ms:.1f} ms; {says}"
        tiles.append(Tile(name, image_url(picture), title, caption))

    def pick(name: str) -> None:
        go_to(TITLES[name][1])

    gallery(tiles, "stages", pick, width=132)


def show_equality(here: Session) -> None:
    changed = {name: text for name, text in here.settings.changes(here.defaults).items() if name not in TRAINING_NAMES}
    at = " with these settings" if changed else ""
    key = ("equality", here.detector.model, here.image.sha256, tuple(changed.items()))
    difference: Difference = MEMORY.recall(key, lambda: compare_with_model(here.trace), here.detector.device).value
    if difference.is_zero:
        st.success(f"Equal to `model(image)`{at}, verified now: boxes, scores and labels differ by exactly 0.")
    elif difference.is_rounding:
        st.success(
            f"Equal to `model(image)`{at} but for rounding, verified now: {difference.boxes:.1g} px in a box, "
            f"{difference.scores:.1g} in a score. What the head has said of a proposal is kept, and not asked again."
        )
    else:
        st.warning(
            f"Differs from `model(image)` by {difference.boxes:g} px in a box, {difference.scores:g} in a score, "
            f"{difference.labels} labels, {difference.count} detections."
        )


def body(here: Session) -> None:
    show_stages(here)
    show_equality(here)
    left, right = st.columns([3, 2])
    with left:
        height, width = here.image.size
        layers = [detection_layer(here.trace, here.detector.classes)]
        if here.ground_truth:
            layers.insert(0, ground_truth_layer(here.ground_truth, visible=False))
        pick = box_canvas(CanvasScene(here.image_url, width, height, layers, score_from=0.3), key="overview_canvas")
        if pick and pick.layer == "detection":
            select("detection", int(here.trace.detections.kept[pick.id]))
            open_page("detections")
        st.caption("Click a detection to follow it back to its anchor.")
    with right:
        chart(funnel_figure(here.trace.funnel), "funnel", height=420)


run_page(
    "overview",
    "What the detector does with this picture, stage by stage. Every picture below is its real output.",
    body,
    "detections",
)
