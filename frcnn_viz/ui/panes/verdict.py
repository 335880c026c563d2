"""The object in question on "Why missed": which one it is, its boxes, and the page of the stage that lost it."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.examination import Examination
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.ui import session, survey, view
from frcnn_viz.ui.lineage import lineage_strip
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import this_image

PAGE_OF = {
    Verdict.NO_ANCHOR: "lab",
    Verdict.MOVED_AWAY: "proposals",
    Verdict.BELOW_TOP_N: "proposals",
    Verdict.RPN_FILTERED: "proposals",
    Verdict.RPN_NMS: "proposals",
    Verdict.PROPOSAL_LIMIT: "proposals",
    Verdict.REFINED_AWAY: "rois",
    Verdict.BADLY_PLACED: "detections",
    Verdict.BACKGROUND: "rois",
    Verdict.OTHER_CLASS: "rois",
    Verdict.UNDER_SCORE: "detections",
    Verdict.BOX_TOO_SMALL: "detections",
    Verdict.FINAL_NMS: "detections",
    Verdict.DETECTION_LIMIT: "detections",
    Verdict.MERGED: "detections",
    Verdict.SHARED: "detections",
    Verdict.FOUND: "detections",
}
"""Where the stage that lost it is seen; an object that is left out was lost by none."""


def examined_here(here: Session) -> Examination:
    """The image in view, examined."""
    this = this_image(here)
    return survey.examined(here, [this], "autopsy")[this.key]


def chosen_object(examined: Examination) -> int | None:
    """The selected object; else the first that was missed."""
    chosen = session.selected("object")
    if chosen is not None and chosen < len(examined.findings):
        return chosen
    missed = [g for g, finding in enumerate(examined.findings) if finding.missed]
    return missed[0] if missed else 0 if examined.findings else None


def chosen_with_box(examined: Examination) -> tuple[int, Finding] | None:
    """The same with what became of it; None where no box came near one."""
    object_ = chosen_object(examined)
    if object_ is None or examined.findings[object_].anchor is None:
        return None
    return object_, examined.findings[object_]


def has_stage(finding: Finding) -> bool:
    """Whether there is a page that shows what became of it."""
    return finding.verdict in PAGE_OF


def follow_to_its_page(here: Session, finding: Finding) -> None:
    """Select what the verdict is about, and go to the page of the stage that lost it; for callbacks."""
    for kind, value in (("anchor", finding.anchor), ("candidate", finding.candidate), ("proposal", finding.proposal)):
        session.select(kind, value)
    if finding.proposal is not None:
        session.select("detection", finding.proposal * (here.trace.rois.num_classes - 1) + finding.label - 1)
    view.go_to(PAGE_OF[finding.verdict])


def evidence(here: Session) -> None:
    """The box that got furthest, back to its anchor and forward to its fate."""
    chosen = chosen_with_box(examined_here(here))
    if chosen is None:
        st.info("Choose an object on the picture; here the box that came nearest to it is followed through the stages.")
        return
    _, finding = chosen
    lineage_strip(here, finding.anchor, finding.label)
