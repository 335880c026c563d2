"""Ground truth by mouse: drag to draw, click to select; every change is saved at once."""

from __future__ import annotations

import io
from collections.abc import Callable

import streamlit as st

from frcnn_viz.analysis.marks import small_marks
from frcnn_viz.canvas.scene import Tools
from frcnn_viz.data.checks import Finding, mend_object, object_findings
from frcnn_viz.data.homes import copy
from frcnn_viz.data.sample_clips import SAMPLE_CLIPS
from frcnn_viz.data.workspace import Item
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.palette import CLASSES
from frcnn_viz.ui import library, session
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.children import act_button
from frcnn_viz.ui.drawing import PLACEHOLDER, drawn, keep_edit
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.panes.draw_forms import class_form, detections_form, history_form, note_form
from frcnn_viz.ui.panes.draw_frame import show_frame_editor
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


def copy_sample(here: Session) -> None:
    buffer = io.BytesIO()
    here.image.image.save(buffer, "PNG")
    objects = here.ground_truth.objects if here.ground_truth else ()
    key, _ = library.workspace().add(buffer.getvalue(), here.image.name, objects)
    session.choose_image(key)


def show_to_copy(here: Session, told: str, key: str, make: Callable[..., None], *args: object) -> None:
    """A picture that stays as it is: whose it is told to be, and the button by which `make` copies it."""
    left, inspector = workbench()
    with inspector:
        st.info(f"{told} Copy it to draw on it.")
        act_button(key, attempt, make, *args, type="primary", icon=":material/content_copy:")
        canvas_panel("draw_canvas")
    with left:
        show_picture(here, "draw", [ground_truth_layer(here.ground_truth)] if here.ground_truth else [])


def mend(item: Item, finding: Finding) -> None:
    objects = list(item.objects)
    mended = mend_object(objects[finding.object], finding.mend, (item.width, item.height))
    objects[finding.object : finding.object + 1] = [] if mended is None else [mended]
    library.workspace().save(item.id, objects)


def show_findings(item: Item, findings: list[Finding], marks: dict[int, str]) -> None:
    for index, finding in enumerate(findings[:20]):
        st.warning(plain(finding.sentence))
        if finding.mend:
            says = finding.mend.value.capitalize()
            st.button(says, key=f"mend_{index}", on_click=attempt, args=(mend, item, finding))
    if len(findings) > 20:
        st.caption(f"and {len(findings) - 20:,} more findings")
    if marks:
        st.caption(
            f"{len(marks)} object{'s are' if len(marks) > 1 else ' is'} under 8 px after the resize; "
            "hover one to see its effective size and how well the best anchor fits it."
        )


def remove(item: Item) -> None:
    session.step_image(1)
    library.workspace().remove(item.id)


def show_editor(here: Session, item: Item) -> None:
    place = drawn(item)
    classes = library.workspace().classes or (PLACEHOLDER,)
    height, width = here.image.size
    findings = object_findings(item.annotated(), (width, height), set(classes))
    marks = small_marks(here.trace, item.objects)
    told = {**marks, **{f.object: f.kind.value for f in findings if f.object is not None}}
    left, inspector = workbench()
    with left:
        tools = Tools(item.objects, classes, CLASSES, f"{item.id} {place.epoch}", place.ack, told)
        show_picture(here, f"editor_{item.id}", [], on_edit=lambda edit: keep_edit(item, edit), tools=tools)
    with inspector:
        canvas_panel(f"editor_{item.id}_canvas")
        st.caption(f"{plain(item.name)}: {len(item.objects):,} objects, version {item.revision}, saved.")
        show_findings(item, findings, marks)
        with st.expander(word("draw.start").term):
            detections_form(here, item)
        with st.expander(word("draw.classes").term):
            class_form(here)
        with st.expander(word("draw.history").term):
            history_form(item)
        note_form(item)
        with st.popover(word("draw.remove").term):
            frees = library.workspace().room.has_limits
            st.caption(word("draw.remove_for_good" if frees else "draw.remove_to_folder").sentence)
            st.button(word("action.remove").term, key="remove", on_click=attempt, args=(remove, item))


def body(here: Session) -> None:
    is_own, item = library.is_own(here.view.image), here.item
    if here.clip and here.clip.name not in SAMPLE_CLIPS and is_own:
        show_frame_editor(here)
    elif item is None:
        whose = "is a frame of a clip" if here.clip else "comes with the program, and its ground truth stays as it is"
        show_to_copy(here, f"This picture {whose}.", "draw.copy", copy_sample, here)
    elif is_own:
        show_editor(here, item)
    else:
        told = f"{plain(item.name)} is your teacher's, with {len(item.objects):,} objects."
        show_to_copy(here, told, "draw.copy_class", copy, item.id)
