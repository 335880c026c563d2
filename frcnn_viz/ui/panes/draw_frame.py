"""Ground truth of a clip's frame: drawn here, carried to the next frame and corrected there."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from frcnn_viz.canvas.scene import Tools
from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.clip_files import carry
from frcnn_viz.data.samples import SAMPLES
from frcnn_viz.figures.palette import CLASSES
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.children import act_button
from frcnn_viz.ui.drawing import PLACEHOLDER
from frcnn_viz.ui.edits import Edit
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word


@dataclass
class Place:
    """A frame in the editor: `epoch` counts what replaced its boxes from outside, `ack` is the last edit kept."""

    epoch: int = 0
    ack: str = ""


def show_frame_editor(here: Session) -> None:
    """The editor, and the way on to the next frame."""
    objects = library.workspace().clips.objects(here.clip.name, here.frame) or ()
    place = _place(here, here.frame)
    left, inspector = workbench()
    with left:
        classes = library.workspace().classes or (PLACEHOLDER,)
        marks = {number: one.identity for number, one in enumerate(objects) if one.identity}
        epoch = f"{here.clip.name} {here.frame} {place.epoch}"
        tools = Tools(objects, classes, CLASSES, epoch, place.ack, marks)
        show_picture(here, "frame_editor", [], on_edit=lambda edit: keep(here, edit), tools=tools)
    with inspector:
        with st.container(horizontal=True):
            last = here.frame == here.clip.count - 1
            act_button("draw.carry", carry_on, here, objects, type="primary", disabled=last or not objects)
        canvas_panel("frame_editor_canvas")
        drawn = library.workspace().clips.drawn(here.clip.name)
        with st.popover(word("draw.remove_clip").term):
            frees = library.workspace().room.has_limits
            st.caption(word("draw.remove_for_good" if frees else "draw.remove_to_folder").sentence)
            st.button(word("action.remove").term, key="remove_clip", on_click=attempt, args=(remove, here))
        st.caption(f"Frames with boxes: {len(drawn):,} of {here.clip.count:,}. Objects on this one: {len(objects):,}.")


def keep(here: Session, edit: Edit) -> None:
    """Save what the editor sent."""
    named = [name for name in edit.classes if name != PLACEHOLDER or any(o.label == name for o in edit.objects)]
    try:
        library.workspace().add_classes(named)
        library.workspace().clips.save(here.clip.name, here.frame, edit.objects)
    except DataError as error:
        view.tell(f"Not saved: {error}")
        return
    _place(here, here.frame).ack = edit.serial


def remove(here: Session) -> None:
    """Take the clip out of the workspace, and look at a sample."""
    library.workspace().clips.remove(here.clip.name)
    session.choose_image(next(iter(SAMPLES)))


def carry_on(here: Session, objects: tuple[Object, ...]) -> None:
    """Go to the next frame; what is drawn here is the start there, beside what is drawn there already."""
    clips, name, carried = library.workspace().clips, here.clip.name, carry(objects)
    there = clips.objects(name, here.frame + 1) or ()
    known = {one.identity for one in there}
    try:
        clips.save(name, here.frame, carried)
        clips.save(name, here.frame + 1, [*there, *(one for one in carried if one.identity not in known)])
    except DataError as error:
        view.tell(f"Not carried on: {error}")
        return
    for frame in (here.frame, here.frame + 1):
        _place(here, frame).epoch += 1
    session.choose_image(here.clip.key(here.frame + 1))


def _place(here: Session, frame: int) -> Place:
    return view.kept("drawn_frames", dict).setdefault((here.clip.name, frame), Place())
