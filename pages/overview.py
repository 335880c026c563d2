import streamlit as st

from frcnn_viz.analysis.equality import Difference, compare_with_model
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.overview import detection_layer, funnel_figure, thumbnails
from frcnn_viz.pipeline.settings import TRAINING_NAMES
from frcnn_viz.ui import view
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.frame.strip import open_stage
from frcnn_viz.ui.gallery import Tile, gallery
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session, select
from frcnn_viz.words import word


def show_stages(here: Session) -> None:
    stages = {stage.name: stage for stage in here.trace.stages}
    tiles = []
    for name, (picture, says) in thumbnails(here.trace).items():
        stage = stages[name]
        caption = f"{stage.count:,} {stage.unit}, {stage.ms:.1f} ms; {says}"
        tiles.append(Tile(name, image_url(picture), word(f"step.{name}").term, caption))

    def pick(name: str) -> None:
        if name in ("masks", "keypoints"):
            view.go_to("third_head")
        else:
            open_stage(name)

    gallery(tiles, "stages", pick, width=120)


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


def picture(here: Session) -> None:
    left, inspector = workbench()
    with left:
        layers: list[BoxLayer] = [detection_layer(here.trace, here.detector.classes)]
        if here.ground_truth:
            layers.insert(0, ground_truth_layer(here.ground_truth, visible=False))

        def pick(picked: Pick) -> None:
            if picked.layer == "detection":
                select("detection", int(here.trace.detections.kept[picked.id]))
                view.go_to("detections")

        show_picture(here, "overview", layers, pick, score_from=0.3)
    with inspector:
        canvas_panel("overview_canvas")
        st.caption("Click a detection to follow it back to its anchor; click a stage to open it.")
        show_equality(here)
        show_stages(here)


def funnel(here: Session) -> None:
    chart(funnel_figure(here.trace.funnel), "funnel", height=480)


run_page("overview", {"picture": picture, "funnel": funnel}, lineage=False)
