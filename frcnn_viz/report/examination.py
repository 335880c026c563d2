"""A whole examination as one file: what came of the set, what would mend most, and the worst images with the evidence.

Shape shorthand: G objects of an image.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from xml.etree.ElementTree import Element

import torch

from frcnn_viz.analysis.mends import Mend, mends
from frcnn_viz.analysis.verdicts import MECHANISMS, Verdict
from frcnn_viz.analysis.waterfall import STAGES, THRESHOLDS, loses_most, losses, recalls
from frcnn_viz.figures.autopsy import MISTAKE_COLOURS, VERDICT_COLOURS, name_of
from frcnn_viz.figures.palette import BLUE
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.report.cases import Case, Image, case_element, case_numbers
from frcnn_viz.report.elements import bar, el, table
from frcnn_viz.report.page import page
from frcnn_viz.report.sections import code_section, section, settings_section
from frcnn_viz.report.totals import Totals
from frcnn_viz.words import word

PICTURES = 5_000_000
"""Bytes that all pictures of a report may take; in the file they are a third more."""


def worst(images: Iterable[Image], most: int) -> list[Image]:
    """Those with the most misses, then the most false alarms; at most so many, none without any."""
    return sorted((one for one in images if any(one.failures)), key=lambda one: one.failures, reverse=True)[:most]


def examination_report(
    title: str, detector: Detector, settings: Settings, totals: Totals, cases: Sequence[Case]
) -> str:
    """The file.

    Args:
        title: what the set is called.
        detector: with which it was examined.
        settings: likewise.
        totals: of the set.
        cases: the worst of them, in the order in which they are shown.
    """
    ious = totals.ious
    mending = mends(tried for case in cases for tried in case.fixes.values())
    body = [
        el("div", *(el("p", sentence) for sentence in totals.told)),
        _counts(totals),
        *([_waterfall(ious)] if len(ious) else []),
        *([_mending(mending, cases)] if any(case.fixes for case in cases) else []),
        _worst(cases, detector, totals),
        settings_section(settings, Settings.of(detector.model)),
        *([code_section(_code(detector, settings, cases[0]))] if cases else []),
    ]
    lead = f"{word('report.examination').sentence} {detector.title}; {totals.images:,} images."
    numbers: dict[str, Any] = {
        "model": detector.name,
        "settings": asdict(settings),
        "images": totals.images,
        "sums": list(totals.told),
        "verdicts": {kind.value: count for kind, count in totals.verdicts.items()},
        "mistakes": {kind.value: count for kind, count in totals.mistakes.items()},
        "objects": len(ious),
        "stages": _stages(ious) if len(ious) else [],
        "mends": [asdict(mend) for mend in mending],
        "cases": [case_numbers(case, detector) for case in cases],
    }
    return page(title, lead, body, numbers)


def _worst(cases: Sequence[Case], detector: Detector, totals: Totals) -> Element:
    if totals.mistakes or any(kind in MECHANISMS for kind in totals.verdicts):
        most = PICTURES // max(len(cases), 1)
        return section(
            "report.worst", *(case_element(n, case, detector, most) for n, case in enumerate(cases, start=1))
        )
    return el("p", word("report.nothing_wrong").sentence)


def _stages(ious: torch.Tensor) -> list[dict[str, Any]]:
    """The waterfall of the objects that count [G, stages], as `frcnn-viz waterfall --json` has it."""
    figures = [of(ious, threshold) for of in (recalls, losses) for threshold in THRESHOLDS]
    names = ("stage", "recall_50", "recall_70", "lost_50", "lost_70")
    return [dict(zip(names, row, strict=True)) for row in zip(STAGES, *figures, strict=True)]


def _counts(totals: Totals) -> Element:
    parts = []
    for key, counts, colours in (
        ("chart.verdicts", totals.verdicts, VERDICT_COLOURS),
        ("chart.mistakes", totals.mistakes, MISTAKE_COLOURS),
    ):
        kinds = [kind for kind in colours if counts[kind] and kind is not Verdict.IGNORED]
        largest = max((counts[kind] for kind in kinds), default=1)
        rows = [(name_of(kind), bar(counts[kind] / largest, colours[kind]), f"{counts[kind]:,}") for kind in kinds]
        told = word(key)
        parts.append(el("section", el("h2", told.term), el("p", told.sentence, class_="aside"), table((), rows)))
    return el("div", *parts, class_="sides")


def _waterfall(ious: torch.Tensor) -> Element:
    head = [word(f"report.{name}").term for name in ("stage", "recall_50", "recall_70", "lost_50", "lost_70")]
    rows = [
        (
            row["stage"],
            el("span", bar(row["recall_50"], BLUE), f" {row['recall_50']:.3f}"),
            el("span", bar(row["recall_70"], BLUE), f" {row['recall_70']:.3f}"),
            f"{row['lost_50']:,}",
            f"{row['lost_70']:,}",
        )
        for row in _stages(ious)
    ]
    sentences = [
        el("p", f"At IoU {t:g}, {loss.stage} loses most: {loss.objects:,} of {len(ious):,} objects are lost there.")
        for t in THRESHOLDS
        if (loss := loses_most(ious, t))
    ]
    return section("chart.waterfall", table(head, rows), *sentences)


def _mending(mending: Sequence[Mend], cases: Sequence[Case]) -> Element:
    tried = sum(len(case.fixes) for case in cases)
    mended = sum(bool(told) for case in cases for told in case.fixes.values())
    head = [word("fix.setting").term, "", *(word(f"report.{n}").term for n in ("mended", "now", "needed", "alarms"))]
    rows = [
        (
            mend.name,
            bar(mend.objects / tried, BLUE),
            f"{mend.objects:,}",
            f"{mend.before:g}",
            f"{mend.nearest:g}" if mend.nearest == mend.furthest else f"{mend.nearest:g} to {mend.furthest:g}",
            f"{mend.false_alarms:+,}",
        )
        for mend in mending
    ]
    told = f"Of {tried:,} missed objects on the worst images, one change of a setting finds {mended:,}."
    return section("report.mend", el("p", told), table(head, rows) if rows else None)


def _code(detector: Detector, settings: Settings, case: Case) -> str:
    changes = settings.changes(Settings.of(detector.model))
    text = f".with_text({changes!r})" if changes else ""
    return f"""import torch

from frcnn_viz import GroundTruth, Settings, examine_image, load_detector, load_image, trace

detector = load_detector({detector.name!r})
settings = Settings.of(detector.model){text}
story = trace(detector, load_image({case.name!r}), settings)
boxes = torch.tensor({case.truth.boxes_in_image.tolist()}).reshape(-1, 4)   # xyxy, pixels of the image
truth = GroundTruth(boxes, {case.truth.names!r})
for finding in examine_image(detector, story, truth).findings:
    print(finding.verdict, finding.sentence)
"""
