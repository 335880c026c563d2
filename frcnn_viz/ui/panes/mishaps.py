"""Seven trainings that go wrong, a click each: what each finds beside its control, and why."""

from __future__ import annotations

import hashlib

import streamlit as st

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.data.child import Child
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.mishaps import events, findings_told, found_layer, losses_figure, rows
from frcnn_viz.training.mishaps import CONTROL, MISHAPS, held_out, truths
from frcnn_viz.training.mishaps_child import Report
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.children import act_button, tell_failure, while_running
from frcnn_viz.ui.controls import segments
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.panes.mishap_children import begin, children, end, is_any_running
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

CHOSEN, PICTURE = Option("experiments.mishap", "rate"), Option("experiments.picture", 3)


def body(here: Session) -> None:
    """A button for each mishap, and what came of the one that was clicked last."""
    name = CHOSEN.value if CHOSEN.value in MISHAPS else CHOSEN.first
    with st.container(horizontal=True, gap="small", key="mishaps"):
        for one in MISHAPS:
            if one != CONTROL.name:
                act_button(f"mishap.{one}", choose, one, type="primary" if one == name else "secondary")
    while_running(is_any_running, lambda running: show(here, name, running))


def choose(name: str) -> None:
    """Show a mishap, and let it happen."""
    CHOSEN.set(name)
    begin(name)


def show(here: Session, name: str, running: bool) -> None:
    """Both pictures, and below them why it failed, what was measured, and the losses."""
    known = {one: children()[one] for one in (name, CONTROL.name) if one in children()}
    for child in known.values():
        tell_failure(child)
    reports: dict[str, Report] = {one: last for one, child in known.items() if (last := child.last)}
    picture = PICTURE.value if PICTURE.value in range(len(held_out())) else PICTURE.first
    with st.container(key="compared"):
        for one, column in zip((name, CONTROL.name), st.columns(2, gap="small"), strict=True):
            with column:
                st.markdown(f"**{word(f'mishap.{one}').term}**: {_state(known.get(one), reports.get(one))}")
                _picture(here, one, picture, reports.get(one))
    with st.container(key="below_compared"):
        left, middle, right = st.columns([7, 9, 6], gap="small")
        with left:
            if running:
                act_button("mishap.stop", end)
            _explain(name, reports.get(name))
        with middle:
            explained_table(rows(name, reports), row_height=28)
        with right:
            chart(losses_figure(name, reports), "mishap_losses", height=180)
            segments(PICTURE, "mishap.picture", {number: str(number + 1) for number in range(len(held_out()))})
            canvas_panel("mishap_control_canvas")


def _state(child: Child | None, report: Report | None) -> str:
    if child is None:
        return "click its button, and it happens."
    if report is None:
        return f"{word('child.waits').term.lower()}." if child.is_waiting else "the process starts."
    if report.outcome is None:
        return f"step {len(report.steps)} of {report.total}." if child.is_running else "it was stopped."
    return f"after {len(report.steps)} steps."


def _picture(here: Session, name: str, picture: int, report: Report | None) -> None:
    image = held_out().images[picture].transpose(1, 2, 0)
    layers: list[BoxLayer] = [ground_truth_layer(truths()[picture], visible=report is None or report.outcome is None)]
    if report and report.outcome:
        layers.append(found_layer(report.outcome, picture))
    height, width = image.shape[:2]
    url = image_url(image, hashlib.sha256(image.tobytes()).hexdigest())
    control = name == CONTROL.name
    caption = f"{word(f'mishap.{name}').term}, {word('mishap.picture').term} {picture + 1}"
    scene = {"url": url, "width": width, "height": height, "caption": caption, "chosen": ()}
    scene |= {"link": "mishaps", "controls": control}
    show_picture(here, f"mishap_{'control' if control else 'spoilt'}", layers, **scene)


def _explain(name: str, report: Report | None) -> None:
    """What was spoilt, and what was seen to happen; why it fails, how one notices, what catches it."""
    st.caption(f"**{word('mishap.spoilt').term}.** {word(f'mishap.{name}').sentence}")
    if report:
        for sentence in events(report):
            st.caption(plain(sentence))
    for part in ("why", "notice", "caught"):
        st.caption(f"**{word(f'mishap.{part}').term}.** {word(f'mishap.{part}.{name}').sentence}")
    if report and report.outcome:
        st.caption(plain(findings_told(report.outcome)))
