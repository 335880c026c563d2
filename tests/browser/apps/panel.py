"""A canvas, and its controls in a column beside it when that is asked for; the picture is of 640 x 480."""

import numpy as np
import streamlit as st
import torch

from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.ui.box_canvas import box_canvas, canvas_panel
from frcnn_viz.ui.images import image_url

st.set_page_config(layout="wide")
generator = torch.Generator().manual_seed(0)
corners = torch.rand(40, 2, generator=generator) * torch.tensor([560.0, 400.0])
layer = BoxLayer(
    "box",
    torch.cat([corners, corners + 70], dim=1),
    [("one", "#0072B2"), ("two", "#E69F00")],
    groups=torch.arange(40) % 2,
    scores=torch.linspace(0, 1, 40),
)
beside, shown = st.checkbox("panel", value=True), st.checkbox("canvas", value=True)
left, right = st.columns([3, 1])
with right:
    if beside:
        canvas_panel("canvas one")
with left:
    if shown:
        scene = CanvasScene(image_url(np.full((480, 640, 3), 128, np.uint8)), 640, 480, [layer])
        box_canvas(scene, "canvas one")
