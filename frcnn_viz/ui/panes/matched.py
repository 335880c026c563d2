"""Every anchor's label on the image in view, and what it means for one object or one anchor."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from frcnn_viz.analysis.conventions import snap_to_grid
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.losses import delta_table
from frcnn_viz.figures.matching import anchor_rows, object_alarm, objects_of_anchor
from frcnn_viz.pipeline.boxes import to_input
from frcnn_viz.pipeline.matching import AnchorMatches, MatchReason
from frcnn_viz.ui import session
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option

INSIDE, SNAP = Option("training.inside", False), Option("training.snap", False)


@dataclass(frozen=True, eq=False)
class Matched:
    """Every anchor's label on the image in view.

    Attributes:
        truth: what the anchors were matched with. boxes: the same, input frame, float32 [G, 4].
        matches: objects are numbered as in `truth`.
    """

    truth: GroundTruth
    boxes: Tensor
    matches: AnchorMatches


def matched(here: Session) -> Matched:
    """As the page's toggles have it; crowds and difficult objects are no targets."""
    truth, trace, grid = here.ground_truth, here.trace, here.trace.anchors
    boxes_in_image = truth.boxes_in_image
    boxes = to_input(boxes_in_image.to(grid.boxes.device), trace.input.image_size, trace.input.input_size)
    if SNAP.value:
        boxes = snap_to_grid(boxes, grid.strides[0])
        boxes_in_image = trace.input.boxes_in_image(boxes)
    targets = (~truth.ignored).nonzero()[:, 0]
    matches = trace.match(boxes_in_image[targets], inside_only=INSIDE.value).numbered(targets, len(truth))
    return Matched(GroundTruth(boxes_in_image.cpu(), truth.names), boxes, matches)


def chosen(here: Session, kind: str) -> int | None:
    """The chosen object or anchor, where there is one of that number."""
    index, count = session.selected(kind), {"object": here.ground_truth, "anchor": here.trace.anchors}[kind]
    return index if index is not None and index < len(count) else None


def show_chosen(here: Session, now: Matched) -> None:
    """The chosen anchor, else the chosen object, else what to click."""
    object_, anchor = chosen(here, "object"), chosen(here, "anchor")
    if anchor is not None:
        show_anchor(here, now, anchor)
    elif object_ is not None:
        show_object(here, now, object_)
    else:
        st.caption("Click an object for its anchors, an anchor for its target.")


def show_object(here: Session, now: Matched, object_: int) -> None:
    """How an object is served, and by which anchors."""
    trace = here.trace
    st.markdown(f"**Object {object_}**, {plain(here.ground_truth.names[object_])}")
    if here.ground_truth.ignored[object_]:
        st.info("It is a crowd, or difficult, and no target.")
        return
    sentence = object_alarm(now.matches, object_, here.settings.rpn_fg_iou_thresh)
    (st.success if sentence.startswith("Best") else st.warning)(sentence)
    rows = anchor_rows(trace.anchors, now.matches, now.boxes[object_], object_, trace.features.titles, trace.input)
    explained_table(rows, height=250)


def show_anchor(here: Session, now: Matched, anchor: int) -> None:
    """Where an anchor stands, why it has its label, and what it is to learn."""
    grid, matches = here.trace.anchors, now.matches
    level, row, column, shape = grid.place(anchor)
    size, ratio = grid.shapes[level][shape]
    name = here.trace.features.titles[level]
    st.markdown(f"**Anchor {anchor:,}**: level {name}, row {row}, column {column}, size {size:g}, ratio {ratio:g}")
    st.markdown(MatchReason(int(matches.reason[anchor])).sentence)
    if matches.labels[anchor] == 1:
        nearest = now.boxes[matches.object[anchor]][None]
        with torch.inference_mode():
            (target,) = here.detector.model.rpn.box_coder.encode([nearest], [grid.boxes[anchor][None]])
        st.caption("What it is to learn (tx, ty, tw, th), and what the RPN says now:")
        explained_table(delta_table(target[0], here.trace.rpn.deltas[anchor]))
    else:
        st.caption("It is not positive, so it learns no box.")
    overlapped = objects_of_anchor(grid, anchor, now.boxes, here.ground_truth.names)
    if overlapped:
        explained_table(overlapped, height=150)
