"""One picture learnt by heart: draw boxes of any classes, train, see what is found every few steps, and open those.

It is kept as a run, while whose steps are looked through the boxes are this picture's ground truth on every page.
"""

from __future__ import annotations

import streamlit as st

from frcnn_viz.canvas.scene import Tools
from frcnn_viz.figures.palette import CLASSES
from frcnn_viz.ui import view
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.children import act_button, while_running
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.panes.draft import Draft
from frcnn_viz.ui.panes.overfit_training import begin, current
from frcnn_viz.ui.panes.overfit_watch import watch
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session


def body(here: Session) -> None:
    """The editor; once it trains, what is found."""
    training = current()
    if training is None or not training.is_of(here):
        draw(here)
    else:
        while_running(lambda: training.child.is_running, lambda running: watch(here, training, running))


def draw(here: Session) -> None:
    """Boxes to draw, and the button that trains."""
    drafts = view.kept("overfit_drafts", dict)
    draft: Draft = drafts.setdefault(here.view.image, Draft.of(here.ground_truth))
    left, inspector = workbench()
    with left:
        tools = Tools(draft.objects, draft.classes, CLASSES, f"{here.view.image} {draft.epoch}", draft.ack)
        show_picture(here, "overfit_editor", [], on_edit=draft.keep, tools=tools)
    with inspector:
        names, boxes = sorted({one.label for one in draft.objects}), len(draft.objects)
        st.caption(
            f"{boxes} box{'es' * (boxes != 1)} of {len(names)} class{'es' * (len(names) != 1)}. Draw, name and delete "
            "boxes on the picture: they are for this exercise alone, and for the pages that its steps are opened on. "
            "The detector gets a new last layer for these classes and learns until each box is found."
        )
        with st.container(horizontal=True):
            look = {"type": "primary", "icon": ":material/play_arrow:", "disabled": not draft.objects}
            act_button("overfit.train", begin, here, draft, **look)
            act_button("overfit.clear", draft.replace, ())
            if here.ground_truth is not None:
                act_button("overfit.truth", draft.replace, Draft.of(here.ground_truth).objects)
        canvas_panel("overfit_editor_canvas")
