"""Parts that every report has: settings, code, stages."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from frcnn_viz.figures.palette import BLUE
from frcnn_viz.pipeline.settings import FIELD_NAMES, Settings, to_text
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.report.elements import bar, el, table
from frcnn_viz.words import word


def section(key: str, *content: Element | None) -> Element:
    """A heading and its sentence, `key` of the word list, and what is below them."""
    told = word(key)
    return el("section", el("h2", told.term), el("p", told.sentence, class_="aside"), *content)


def settings_section(settings: Settings, defaults: Settings) -> Element:
    """Those that differ from the detector's own, and all of them on request."""
    head = [word(f"report.{name}").term for name in ("setting", "value", "own")]
    rows = [
        (word(name).term, to_text(getattr(settings, name)), to_text(getattr(defaults, name))) for name in FIELD_NAMES
    ]
    changed = [row for row in rows if row[1] != row[2]]
    told = el("p", word("report.as_own").sentence) if not changed else table(head, changed)
    every = el("details", el("summary", word("report.all_settings").term), table(head, rows))
    return section("report.settings", told, every)


def code_section(code: str) -> Element:
    """A program to paste."""
    return section("tab.code", el("pre", el("code", code)))


def stages_section(trace: Trace) -> Element:
    """How much each stage made, and how many boxes each filter left."""
    stages = table(
        [word(f"report.{name}").term for name in ("stage", "count", "of_what", "ms")],
        [(one.name, f"{one.count:,}", one.unit, f"{one.ms:.1f}") for one in trace.stages],
    )
    most = max((count for _, count in trace.funnel), default=0) or 1
    funnel = table(
        [word("tab.funnel").term, "", word("report.boxes").term],
        [(name, bar(count / most, BLUE), f"{count:,}") for name, count in trace.funnel],
    )
    return section("report.stages", el("div", stages, funnel, class_="sides"))
