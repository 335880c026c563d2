import streamlit as st

from frcnn_viz.figures.input import channel_histogram, steps
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import choice, setting_slider
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

STEP = Option("input.step", "padded")
STEPS = ("image", "resized", "padded")


def show_numbers(here: Session) -> None:
    data = here.trace.input
    (h, w), (ih, iw), (ph, pw), (down, across) = data.image_size, data.input_size, data.padded_size, data.scale
    term("number.image", f"{w} x {h}", here.trace.source.shape)
    term("number.resized", f"{iw} x {ih}", data.resized.shape)
    term("number.padded", f"{pw} x {ph}", data.images.tensors.shape)
    term("number.scale", f"{across:.4f} x {down:.4f}")


def picture(here: Session) -> None:
    data = here.trace.input
    left, inspector = workbench()
    with inspector:
        setting_slider("min_size")
        setting_slider("max_size")
        shown = choice(STEP, "option.input", {name: word(f"option.input.{name}").term for name in STEPS})
        st.caption(f"{word(f'option.input.{shown}').sentence} Zoom in to see single pixels.")
        show_numbers(here)
    with left:
        url = here.image_url if shown == "image" else image_url(steps(data)[shown])
        height, width = {"image": data.image_size, "resized": data.input_size, "padded": data.padded_size}[shown]
        scale = (1.0, 1.0) if shown == "image" else data.scale
        show_picture(here, "input", [], url=url, width=width, height=height, scale=scale)


def values(here: Session) -> None:
    left, right = st.columns(2)
    with left:
        chart(channel_histogram(here.trace.image, word("chart.values_before").term), "histogram_False", 420)
    with right:
        chart(channel_histogram(here.trace.input.resized, word("chart.values_after").term), "histogram_True", 420)


run_page("input", {"picture": picture, "values": values}, lineage=False)
