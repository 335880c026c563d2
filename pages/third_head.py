import streamlit as st

from frcnn_viz.canvas.scene import BoxLayer, Overlay
from frcnn_viz.figures.overview import detection_layer
from frcnn_viz.figures.palette import SELECTED
from frcnn_viz.figures.third_head import keypoint_layer, mask_overlay
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.controls import setting_slider, slide, toggle
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.panes.third_head_maps import show_keypoints, show_mask
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option

THRESHOLD, ALONE = Option("third_head.threshold", 0.5), Option("third_head.alone", False)

MASKS, KEYPOINTS = "maskrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn"


def offer() -> None:
    st.info("This detector ends with its boxes. Mask R-CNN and Keypoint R-CNN have a third head.")
    with st.container(horizontal=True):
        for name, title in ((MASKS, "Mask R-CNN"), (KEYPOINTS, "Keypoint R-CNN")):
            st.button(
                f"Open {title} with random weights",
                key=f"open_{name}",
                on_click=session.choose_model,
                args=(name, True),
                help="Its trained weights can be fetched on the page Model.",
            )


def chosen_detection(here: Session) -> int:
    """The selected detection's row; the best one where none is."""
    chosen = session.selected("detection")
    rows = (here.trace.detections.kept == chosen).nonzero()[:, 0].tolist() if chosen is not None else []
    return rows[0] if rows else 0


def has_detections(here: Session) -> bool:
    """Whether there is something for the third head; says so where there is not."""
    if here.trace.masks is None and here.trace.keypoints is None:
        offer()
        return False
    if not len(here.trace.detections):
        setting_slider("box_score_thresh")
        st.info("Nothing is detected at these settings, and the third head works on detections; lower the threshold.")
        return False
    return True


def picture(here: Session) -> None:
    if not has_detections(here):
        return
    masks, keypoints, found = here.trace.masks, here.trace.keypoints, here.trace.detections
    row, (height, width) = chosen_detection(here), here.image.size
    left, inspector = workbench()
    layers = [
        detection_layer(here.trace, here.detector.classes),
        BoxLayer("chosen", found.boxes_in_image[row][None], [("chosen", SELECTED)], width=3.0, pickable=False),
    ]
    overlay = None
    with inspector:
        for name in ("box_score_thresh", "box_detections_per_img"):
            setting_slider(name)
        if masks is not None:
            threshold = slide(THRESHOLD, "option.mask_threshold", 0.0, 1.0, 0.01)
            alone = toggle(ALONE, "option.mask_alone")
            url = image_url(mask_overlay(masks, [row] if alone else range(len(found)), threshold))
            overlay = Overlay(url, (0.0, 0.0, float(width), float(height)), 0.55, "masks")
        canvas_panel("third_head_canvas")
        named = plain(here.detector.classes[int(found.labels[row])])
        st.caption(f"Detection {row} of {len(found):,}: {named}. Click another one to choose it.")
    if keypoints is not None:
        layers.append(keypoint_layer(keypoints, row, here.detector.keypoints))

    def pick(picked: Pick) -> None:
        if picked.layer == "detection":
            session.select("detection", int(found.kept[picked.id]))

    with left:
        show_picture(here, "third_head", layers, pick, overlay=overlay)


def maps(here: Session) -> None:
    if not has_detections(here):
        return
    row = chosen_detection(here)
    if here.trace.masks is not None:
        show_mask(here, row)
    if here.trace.keypoints is not None:
        show_keypoints(here, row)


run_page("third_head", {"picture": picture, "maps": maps})
