"""The proposal that is followed into the second stage: asked for, and chosen on the picture among all others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.rois import level_told, proposal_layer
from frcnn_viz.pipeline.rois import assign_levels
from frcnn_viz.ui import session, view
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word


@dataclass(frozen=True, eq=False)
class Pooling:
    """One proposal and the map it is pooled from.

    Attributes:
        number: of the proposal. box: float32 [4], input frame.
        level: the map's name. scale: its cells per input pixel. why: it is this map, in a sentence.
    """

    number: int
    box: Tensor
    level: str
    scale: float
    why: str

    @classmethod
    def of(cls, here: Session, number: int) -> Pooling:
        """As the box head's pooler has it."""
        trace = here.trace
        box = trace.proposals.boxes[number]
        assigned = assign_levels(here.detector.model, trace.features, box[None], trace.input.input_size)
        level = int(assigned.levels[0])
        return cls(number, box, assigned.names[level], assigned.scales[level], level_told(assigned, box))


def chosen_roi(here: Session) -> Pooling | None:
    """Ask for a proposal; None where there is none at these settings."""
    count = len(here.trace.proposals)
    if not count:
        st.info("There are no proposals at these settings; lower the thresholds on the Proposals page.")
        return None
    chosen = session.selected("proposal")
    chosen = chosen if chosen is not None and chosen < count else 0
    view.hold("rois_number", chosen)
    st.number_input(
        f"{word('option.proposal').term}, 0 to {count - 1:,}",
        0,
        count - 1,
        chosen,
        key="rois_number",
        help=word("option.proposal").hover,
        on_change=lambda: session.select("proposal", view.held("rois_number")),
    )
    return Pooling.of(here, chosen)


def show_proposals(here: Session, more: list[BoxLayer], visible: bool = True, **scene: Any) -> None:
    """All proposals on the picture, to choose one from, and what is laid over them."""
    trace = here.trace
    boxes, scores = trace.input.boxes_in_image(trace.proposals.boxes), trace.proposals.scores[trace.proposals.kept]
    select = lambda pick: pick.layer == "proposal" and session.select("proposal", pick.id)  # noqa: E731
    show_picture(here, "rois", [replace(proposal_layer(boxes, scores), visible=visible), *more], select, **scene)
