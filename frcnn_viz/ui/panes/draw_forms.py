"""The forms beside the canvas that draws: a start from detections, classes, earlier versions, the note."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.marks import start_from_detections
from frcnn_viz.data.workspace import Item
from frcnn_viz.ui import library, view
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.drawing import drawn
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


def detections_form(here: Session, item: Item) -> None:
    found = here.trace.detections
    told = word("draw.start_score")
    lowest = st.slider(told.term, 0.0, 1.0, 0.5, 0.05, key="start_score", help=told.hover)
    objects = start_from_detections(found, here.detector.classes, item.objects, lowest)
    new = len(objects) - len(item.objects)
    st.button(
        f"Take {new} detection{'s' * (new != 1)} as a start",
        key="start",
        on_click=attempt,
        args=(library.workspace().save, item.id, objects),
        disabled=not new,
        help=f"Those of {plain(here.detector.title)} that overlap no drawn box of their class by half. "
        "Boxes are rounded to whole pixels.",
    )


def class_form(here: Session) -> None:
    workspace = library.workspace()
    lacking = [name for name in here.detector.classes[1:] if name not in workspace.classes]
    if lacking:
        st.button(
            word("draw.add_classes").term, key="add_classes", on_click=attempt, args=(workspace.add_classes, lacking)
        )
    if workspace.classes:
        told = word("draw.rename")
        old = st.selectbox(told.term, workspace.classes, key="rename_old", help=told.hover)
        new = st.text_input("to", key="rename_new", placeholder="an existing name joins the two", help=told.hover)
        st.button(
            "Rename everywhere",
            key="rename",
            on_click=attempt,
            args=(workspace.rename_class, old, new),
            disabled=not new.strip(),
        )


def history_form(item: Item) -> None:
    workspace = library.workspace()
    revisions = workspace.history(item.id)
    if not revisions:
        st.caption("No earlier version yet.")
        return
    told, named = word("draw.history"), "version {}".format
    chosen = st.selectbox(told.term, revisions, format_func=named, key=f"history_{item.id}", help=told.hover)
    st.button(word("draw.restore").term, key="restore", on_click=attempt, args=(workspace.restore, item.id, chosen))


def note_form(item: Item) -> None:
    key = f"note_{item.id}"
    if view.held(key) is None:
        view.hold(key, item.note)

    def changed() -> None:
        place = drawn(item)
        library.workspace().set_note(item.id, view.held(key))
        place.revision = library.workspace().item(item.id).revision

    told = word("draw.note")
    st.text_area(told.term, key=key, on_change=attempt, args=(changed,), height=80, help=told.hover)
