"""The tab Lineage: the box chosen last, back to its anchor and forward to its fate."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.lineage import source_of, steps
from frcnn_viz.figures.palette import ANCHOR, BLUE, FATE_NAMES, PURPLE
from frcnn_viz.figures.rasters import framed, to_uint8
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.ui import session
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain

COLOURS = (ANCHOR, BLUE, PURPLE)


def lineage_of_selection(here: Session) -> None:
    """The pictures of the anchor, candidate, proposal or detection that was chosen last, where one is."""
    chosen = session.selected_last(("anchor", "candidate", "proposal", "detection"))
    source = source_of(here.trace, *chosen) if chosen else None
    if source is None:
        st.info("Click a box on the picture; here it is followed back to its anchor and forward to its fate.")
    else:
        lineage_strip(here, *source)


def lineage_strip(here: Session, anchor: int, label: int | None) -> None:
    """Pictures of the box at every stage it reached, with what moved it and what became of it."""
    picture = to_uint8(here.trace.source)
    told = steps(here.trace, anchor, label, here.detector.classes)
    for column, step, colour in zip(st.columns(3), told, COLOURS, strict=False):
        with column:
            st.markdown(f"**{plain(step.title)}**")
            box = here.trace.input.boxes_in_image(step.box[None])[0]
            st.image(framed(picture, box, colour), alt=f"The box on the picture: {step.title}")
            st.caption(plain(step.words))
            if step.fate is not None:
                mark = ":green-badge" if step.fate is Fate.KEPT else ":orange-badge"
                st.markdown(f"{mark}[{FATE_NAMES[step.fate]}]", help=step.fate.sentence)
