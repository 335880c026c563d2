import streamlit as st

from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.figures.input import channel_histogram, steps
from frcnn_viz.ui.box_canvas import box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import setting_slider
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.page import run_page, term
from frcnn_viz.ui.session import Session

CAPTIONS = {
    "image": "The image",
    "resized": "Normalised, then resized: the frame of all `boxes`",
    "padded": "Padded with zeros (the mean colour) to a multiple of 32: what the backbone sees",
}


def body(here: Session) -> None:
    left, right = st.columns(2)
    with left:
        setting_slider("min_size")
    with right:
        setting_slider("max_size")
    data = here.trace.input
    (h, w), (ih, iw), (ph, pw), scale = data.image_size, data.input_size, data.padded_size, data.scale
    for column, (label, value, text, tensor, shape, frame) in zip(
        st.columns(4),
        [
            (
                "Image",
                f"{w} x {h}",
                "The user's image, width by height.",
                "trace.image",
                here.trace.source.shape,
                "image",
            ),
            (
                "Resized",
                f"{iw} x {ih}",
                "After resize; `boxes` live here.",
                "trace.input.resized",
                data.resized.shape,
                "network input",
            ),
            (
                "Padded",
                f"{pw} x {ph}",
                "What the backbone sees.",
                "trace.input.images.tensors",
                data.images.tensors.shape,
                "network input",
            ),
            ("Scale", f"{scale[1]:.4f} x {scale[0]:.4f}", "Input pixels per image pixel, across and down.", "", "", ""),
        ],
        strict=True,
    ):
        with column:
            term(label, value, text, tensor, shape, frame)
    shown = (
        st.segmented_control(
            "Show", list(CAPTIONS), format_func=lambda name: name.capitalize(), default="padded", key="input_step"
        )
        or "padded"
    )
    st.caption(CAPTIONS[shown] + ". Zoom in to see single pixels.")
    url = here.image_url if shown == "image" else image_url(steps(data)[shown])
    height, width = {"image": (h, w), "resized": (ih, iw), "padded": (ph, pw)}[shown]
    box_canvas(CanvasScene(url, width, height, []), key="input_canvas")
    left, right = st.columns(2)
    with left:
        chart(channel_histogram(here.trace.image, "Values of the image"), "histogram_False")
    with right:
        chart(channel_histogram(data.resized, "Values after normalise and resize"), "histogram_True")


run_page(
    "input",
    "The image is normalised, resized and padded before the network sees it.",
    body,
    "input",
)
