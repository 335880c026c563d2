import streamlit as st

from frcnn_viz.analysis.architecture import Module, modules_of
from frcnn_viz.figures.architecture import amount, published_rows, stage_rows, tree_rows
from frcnn_viz.models.entry import Entry
from frcnn_viz.models.hub import fetch
from frcnn_viz.models.registry import entries
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.ui import session, view
from frcnn_viz.ui.checkpoints import checkpoint_form, own_list
from frcnn_viz.ui.controls import number, slide
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option

DEPTH, CLASSES = Option("model.depth", 2), Option("model.classes", 2)

NEW_HEAD = """from torchvision.models.detection.faster_rcnn import FastRCNNPredictor

in_features = model.roi_heads.box_predictor.cls_score.in_features
model.roi_heads.box_predictor = FastRCNNPredictor(in_features, {classes})   # {others} classes and the background"""


def tree(here: Session) -> list[Module]:
    counts = (len(here.trace.proposals), len(here.trace.detections))
    key = ("architecture", here.detector.model, here.trace.input.images.tensors.shape, counts)
    return MEMORY.recall(key, lambda: modules_of(here.trace), here.detector.device).value


def show_parts(here: Session) -> None:
    modules = tree(here)
    ms = {stage.name: stage.ms for stage in here.trace.stages}
    left, right = st.columns([3, 2])
    with left:
        st.dataframe(stage_rows(modules, ms), hide_index=True)
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
            st.dataframe(published_rows(entry.published, measured), hide_index=True)
            st.caption("torchvision measures multiply-adds on a picture of 800 x 800.")
        else:
            st.markdown(f"{parameters:,} parameters; {amount(work)} multiply-adds for this picture.")


def show_tree(here: Session) -> None:
    modules = tree(here)
    depth = slide(DEPTH, "option.model.depth", 0, max(module.depth for module in modules), 1)
    st.dataframe(tree_rows(modules, depth), hide_index=True, height=520)
    st.caption("What each module gives: batch (or RoIs) x channels x rows x columns; several where it is called anew.")


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


def get(entry: Entry) -> None:
    try:
        with progress("fetch", "Nothing is left behind.") as tell:
            fetch(entry.fetched, lambda done, total: tell(done, total, f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"))
    except WeightsError as error:
        show_error(error)
        return
    session.choose_model(entry.name, random=False)
    st.rerun(scope="app")


def show_detectors(here: Session) -> None:
    known = entries()
    rows = [
        {
            "detector": entry.title,
            "name": entry.name,
            "weights": "here" if entry.is_here else "to be fetched",
            "MB": f"{entry.fetched.megabytes:.0f}" if entry.fetched else "",
            "COCO AP": f"{entry.published['box_map']:.1f}" if entry.published else "",
        }
        for entry in known.values()
    ]
    st.dataframe(rows, hide_index=True, height=36 * len(rows) + 40)
    missing = [name for name, entry in known.items() if not entry.is_here]
    if missing:
        show_missing(missing)
    own_list()
    with st.expander("Your own checkpoint", icon=":material/upload_file:"):
        checkpoint_form(here.detector.name)


def show_missing(missing: list[str]) -> None:
    known = entries()
    wanted = view.kept("wanted", dict).get("model")
    choice, button, random = st.columns([3, 2, 2], vertical_alignment="bottom")
    name = choice.selectbox(
        "Weights that are not here",
        missing,
        missing.index(wanted) if wanted in missing else 0,
        format_func=lambda name: known[name].title,
        key="fetch_name",
    )
    entry = known[name]
    random.button("Open it with random weights", key="open_random", on_click=session.choose_model, args=(name, True))
    if button.button(f"Fetch {entry.fetched.megabytes:.0f} MB", key="fetch", type="primary"):
        get(entry)
    st.caption(
        f"From {entry.fetched.url} to `{entry.fetched.path}`, kept only when whole and with the right hash."
        + (" ImageNet weights, for the backbone alone." if entry.backbone else "")
    )


run_page(
    "model",
    {"parts": show_parts, "modules": show_tree, "detectors": show_detectors, "new_head": show_head},
    lineage=False,
)
