"""An editor on a grey image of 640 x 480; what it sends is shown as text."""

import json

import numpy as np
import streamlit as st

from frcnn_viz.canvas.scene import CanvasScene, Tools
from frcnn_viz.data.annotations import Object
from frcnn_viz.ui.box_canvas import box_canvas
from frcnn_viz.ui.edits import Edit
from frcnn_viz.ui.images import image_url

state = st.session_state
state.setdefault("objects", [Object((300.0, 300.0, 400.0, 380.0), "cat", crowd=True)])
state.setdefault("classes", ["cat", "dog"])
state.setdefault("epoch", 0)
state.setdefault("ack", "")
state.setdefault("edits", 0)


def kept(edit: Edit) -> None:
    state["objects"], state["classes"], state["ack"] = list(edit.objects), list(edit.classes), edit.serial
    state["edits"] += 1


if st.button("Replace"):
    state["objects"], state["epoch"] = [Object((0.0, 0.0, 50.0, 50.0), "dog")], state["epoch"] + 1
st.button("Rerun")
grey = np.full((480, 640, 3), 128, np.uint8)
tools = Tools(
    state["objects"],
    state["classes"],
    ["#0072B2", "#E69F00", "#009E73"],
    epoch=str(state["epoch"]),
    ack=state["ack"],
    marks={0: "effective size 6 px"},
)
box_canvas(CanvasScene(image_url(grey), 640, 480, [], tools=tools), "editor", on_edit=kept)
rows = [[*o.box, o.label, o.difficult, o.truncated, o.crowd] for o in state["objects"]]
st.html(f"<pre class='kept'>{json.dumps(rows)}</pre><pre class='classes'>{json.dumps(state['classes'])}</pre>")
st.html(f"<pre class='ack'>{state['ack']}</pre>")
