"""The strip of Figure 2 on every stage's page: each stage with its count, and the way through the story."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from frcnn_viz.pipeline.exhaustion import is_out_of_memory
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui import view
from frcnn_viz.ui.components import component
from frcnn_viz.ui.frame.pages import PAGE_OF, STORY
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word

_HERE = Path(__file__).parent
COUNTS: dict[str, tuple[Callable[[Trace], str], str]] = {
    "input": (lambda t: "{1} x {0}".format(*t.input.input_size), "pixels, after resize"),
    "features": (lambda t: f"{len(t.features.maps):,}", "feature maps"),
    "anchors": (lambda t: f"{len(t.anchors):,}", "anchors"),
    "rpn": (lambda t: f"{len(t.proposals.fate):,}", "candidates: the best-scored anchors, moved"),
    "proposals": (lambda t: f"{len(t.proposals):,}", "proposals after the RPN's filters"),
    "rois": (lambda t: f"{len(t.rois.scores):,}", "RoIs, each scored for every class"),
    "detections": (lambda t: f"{len(t.detections):,}", "detections"),
}


def current_stage(page: str, tab: str) -> str | None:
    """The stage that a page and its tab show, or None where it is none of the story."""
    other = {place: stage for stage, place in PAGE_OF.items()}
    return other.get((page, tab), page if page in STORY else None)


def strip(here: Session, current: str | None) -> None:
    """Show the stages; the counts run what has not run yet."""
    counts = _counts(here.trace)
    steps = [
        {
            "stage": stage,
            "title": "RPN" if stage == "rpn" else word(f"step.{stage}").term,
            "count": counts.get(stage, "-"),
            "unit": COUNTS[stage][1],
            "current": stage == current,
        }
        for stage in STORY
    ]

    def picked() -> None:
        stage = getattr(view.held("strip_steps"), "go", None)
        if stage in STORY:
            open_stage(stage)

    _declare()(key="strip_steps", data={"steps": steps}, on_go_change=picked)


def open_stage(stage: str) -> None:
    """Open the page that shows a stage; for callbacks."""
    view.open_tab(*PAGE_OF.get(stage, (stage, "")))


def _counts(trace: Trace) -> dict[str, str]:
    """As far as the stages can be run at these settings; the page tells why no further."""
    counts = {}
    try:
        for stage, (count, _) in COUNTS.items():
            counts[stage] = count(trace)
    except (RuntimeError, ValueError) as error:
        if isinstance(error, RuntimeError) and not is_out_of_memory(error):
            raise
    return counts


@cache
def _declare() -> Any:
    return component(
        "strip",
        html='<nav class="strip" aria-label="Stages"></nav>',
        css=(_HERE / "strip.css").read_text(encoding="utf-8"),
        js=(_HERE / "strip.js").read_text(encoding="utf-8"),
    )
