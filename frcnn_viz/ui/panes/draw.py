"""Ground truth by mouse: drag to draw, click to select; every change is saved at once."""

from __future__ import annotations

import io

import streamlit as st

from frcnn_viz.analysis.marks import small_marks, start_from_detections
from frcnn_viz.canvas.scene import Tools
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.checks import Finding, mend_object, object_findings
from frcnn_viz.data.workspace import Item
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.palette import CLASSES
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.drawing import PLACEHOLDER, drawn, keep_edit
from frcnn_viz.ui.inspector import workbench
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


def copy_sample(here: Session) -> None:
    buffer = io.BytesIO()
    here.image.image.save(buffer, "PNG")
    truth = here.ground_truth
    boxes = truth.boxes_in_image.tolist()
    objects = [Object(tuple(box), name) for box, name in zip(boxes, truth.names, strict=True)]
    key, _ = library.workspace().add(buffer.getvalue(), here.image.name, objects)
    session.choose_image(key)


def show_sample(here: Session) -> None:
    left, inspector = workbench()
    with inspector:
        st.info("This picture comes with the program, and its ground truth stays as it is. Copy it to draw on it.")
        st.button(
            word("draw.copy").term,
            icon=":material/content_copy:",
            key="copy",
            type="primary",
            on_click=attempt,
            args=(copy_sample, here),
        )
        canvas_panel("draw_canvas")
    with left:
        show_picture(here, "draw", [ground_truth_layer(here.ground_truth)])


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


def detections_form(here: Session, item: Item) -> None:
    found = here.trace.detections
    lowest = st.slider(word("draw.start_score").term, 0.0, 1.0, 0.5, 0.05, key="start_score")
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


def history_form(item: Item) -> None:
    workspace = library.workspace()
    revisions = workspace.history(item.id)
    if not revisions:
        st.caption("No earlier version yet.")
        return
    chosen = st.selectbox("Earlier versions", revisions, format_func="version {}".format, key=f"history_{item.id}")
    st.button(word("draw.restore").term, key="restore", on_click=attempt, args=(workspace.restore, item.id, chosen))


def note_form(item: Item) -> None:
    key = f"note_{item.id}"
    if view.held(key) is None:
        view.hold(key, item.note)

    def changed() -> None:
        place = drawn(item)
        library.workspace().set_note(item.id, view.held(key))
        place.revision = library.workspace().item(item.id).revision

    st.text_area(word("draw.note").term, key=key, on_change=attempt, args=(changed,), height=80)


def class_form(here: Session) -> None:
    workspace = library.workspace()
    lacking = [name for name in here.detector.classes[1:] if name not in workspace.classes]
    if lacking:
        st.button(
            word("draw.add_classes").term, key="add_classes", on_click=attempt, args=(workspace.add_classes, lacking)
        )
    if workspace.classes:
        old = st.selectbox(word("draw.rename").term, workspace.classes, key="rename_old")
        new = st.text_input("to", key="rename_new", placeholder="an existing name joins the two")
        st.button(
            "Rename everywhere",
            key="rename",
            on_click=attempt,
            args=(workspace.rename_class, old, new),
            disabled=not new.strip(),
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
            st.caption("Its files go to the folder `removed` of the workspace.")
            st.button(word("action.remove").term, key="remove", on_click=attempt, args=(remove, item))


def body(here: Session) -> None:
    if here.item is None:
        show_sample(here)
    else:
        show_editor(here, here.item)
