import streamlit as st

from frcnn_viz.analysis.architecture import Module, modules_of
from frcnn_viz.figures.architecture import amount, published_rows, stage_rows, tree_rows
from frcnn_viz.models.registry import entries
from frcnn_viz.ui.controls import number, slide
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.panes.detectors import show_detectors
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.view import Option

DEPTH, CLASSES = Option("model.depth", 2), Option("model.classes", 2)

NEW_HEAD = """from torchvision.models.detection.faster_rcnn import FastRCNNPredictor

in_features = model.roi_heads.box_predictor.cls_score.in_features
# {others} classes and the background
model.roi_heads.box_predictor = FastRCNNPredictor(in_features, {classes})"""


def tree(here: Session) -> list[Module]:
    counts = (len(here.trace.proposals), len(here.trace.detections))
    key = ("architecture", here.detector.model, here.trace.input.images.tensors.shape, counts)
    return MEMORY.recall(key, lambda: modules_of(here.trace), here.detector.device).value


def show_parts(here: Session) -> None:
    modules = tree(here)
    ms = {stage.name: stage.ms for stage in here.trace.stages}
    left, right = st.columns([3, 2])
    with left:
        explained_table(stage_rows(modules, ms))
        st.caption(
            "Multiply-adds of convolutions and matrix products for this picture, its proposals and its detections; "
            "milliseconds as measured when the stage was run here."
        )
    whole = [module for module in modules if not module.depth]
    work, parameters = sum(m.multiply_adds for m in whole), sum(m.parameters for m in whole)
    with right:
        entry = entries().get(here.detector.name)
        measured = {
            "GFLOPS": f"{work / 1e9:.1f}, for this picture",
            "parameters": f"{parameters:,}, but for frozen ones",
        }
        if entry and entry.published:
            explained_table(published_rows(entry.published, measured))
            st.caption("torchvision measures multiply-adds on a picture of 800 x 800.")
        else:
            st.markdown(f"{parameters:,} parameters; {amount(work)} multiply-adds for this picture.")


def show_tree(here: Session) -> None:
    modules = tree(here)
    depth = slide(DEPTH, "option.model.depth", 0, max(module.depth for module in modules), 1)
    explained_table(tree_rows(modules, depth), height=420)
    st.caption(
        "What each module gives: batch (or RoIs) x channels x rows x columns; where it gives several, how many, the "
        "first and the last."
    )


def show_head(here: Session) -> None:
    left, right = st.columns([1, 3])
    with left:
        count = number(CLASSES, "option.model.classes", 1, 1000)
    predictor = here.detector.model.roi_heads.box_predictor
    if not hasattr(predictor, "cls_score"):
        right.caption("This detector's predictor is of its own kind.")
        return
    features = predictor.cls_score.in_features
    right.code(NEW_HEAD.format(classes=count + 1, others=count))
    right.caption(
        f"It then gives {count + 1} scores and {4 * (count + 1)} deltas of {features:,} features for every proposal, "
        "untrained. Losses shows those of such a head as soon as you draw classes that the detector does not know."
    )


run_page(
    "model",
    {"parts": show_parts, "modules": show_tree, "detectors": show_detectors, "new_head": show_head},
    lineage=False,
)
