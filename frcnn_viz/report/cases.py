"""One image of an examination: its picture with the evidence, and what is told beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree.ElementTree import Element

import torch

from frcnn_viz.analysis.examination import Examination, examine_image
from frcnn_viz.analysis.fixes import HELD, TRIED, Fix, fixes
from frcnn_viz.analysis.verdicts import Finding
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.figures.autopsy import alarm_layer, evidence_layers, name_of, object_layer
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.report.elements import el, table
from frcnn_viz.report.picture import SIDE, Shot, figure
from frcnn_viz.words import word


@dataclass(frozen=True, eq=False)
class Image:
    """One image of the set. name: its own; truth: what is on it; examined: what came of it."""

    name: str
    truth: GroundTruth
    examined: Examination

    @property
    def failures(self) -> tuple[int, int]:
        """How many objects are missed, and how many false alarms there are."""
        return self.examined.missed, len(self.examined.alarms)


@dataclass(frozen=True, eq=False)
class Case(Image):
    """One of the worst.

    Attributes:
        size: height and width. sha256: of its pixels.
        shot: its picture, with the evidence.
        fixes: of each missed object that was tried, what recovers it.
    """

    size: tuple[int, int]
    sha256: str
    shot: Shot
    fixes: Mapping[int, Sequence[Fix]] = field(default_factory=dict)


def make_case(
    picture: LoadedImage,
    truth: GroundTruth,
    detector: Detector,
    settings: Settings,
    seek_fixes: bool,
    progress: Callable[[int, int, str], None] = lambda done, total, words: None,
) -> Case:
    """Examine an image, with the evidence; nothing of the trace is kept.

    Args:
        picture: its pixels.
        truth: what is on it.
        detector: with which it is examined.
        settings: likewise.
        seek_fixes: whether settings are tried for each missed object.
        progress: as `fixes` takes it.
    """
    memory = Memory(HELD)

    def trace_of(at: Settings) -> Trace:
        return Trace(detector.model, picture.pixels, at, memory=memory, image_key=picture.sha256)

    trace = trace_of(settings)
    one = Image(picture.name, truth, examine_image(detector, trace, truth))
    tried = {
        g: fixes(trace_of, settings, g, finding.verdict, truth, detector.classes, progress=progress)
        for g, finding in enumerate(one.examined.findings)
        if seek_fixes and finding.missed and finding.verdict in TRIED
    }
    seen = picture.image
    seen.thumbnail((SIDE, SIDE))
    shot = Shot(_scene(one, picture, trace, detector), seen, exact=False)
    return Case(**vars(one), size=picture.size, sha256=picture.sha256, shot=shot, fixes=tried)


def case_element(number: int, case: Case, detector: Detector, most: int) -> Element:
    """What the report shows of it. `most`: bytes that its picture may take."""
    examined = case.examined
    title = (
        f"{number:,}. {case.name}: {examined.missed:,} of {int(examined.counted.sum()):,} objects missed, "
        f"{len(examined.alarms):,} false alarms"
    )
    missed = [(g, finding) for g, finding in enumerate(examined.findings) if finding.missed]
    told = el(
        "div",
        *(_miss(g, case.truth.names[g], finding, case.fixes.get(g)) for g, finding in missed),
        _alarms(case, detector),
        el("div", class_="canvas-panel"),
        class_="told",
    )
    return el("article", el("h3", title), figure(replace(case.shot, most=most), named=False), told, class_="case")


def _scene(one: Image, picture: LoadedImage, trace: Trace, detector: Detector) -> CanvasScene:
    """Objects by verdict, false alarms by kind, and how far the best box of each missed object got."""
    examined = one.examined
    of_each = [(g, evidence_layers(trace, finding)) for g, finding in enumerate(examined.findings) if finding.missed]
    alarms = alarm_layer(examined.detections, examined.labels, examined.scores, detector.classes, examined.alarms)
    layers = [*_joined(of_each), object_layer(one.truth, examined.findings), alarms]
    height, width = picture.size
    return CanvasScene("", width, height, layers, caption=picture.name)


def case_numbers(case: Case, detector: Detector) -> dict[str, Any]:
    """The same for programs; boxes are xyxy in pixels of the image."""
    examined, (height, width) = case.examined, case.size
    objects = zip(case.truth.names, case.truth.boxes_in_image.tolist(), examined.findings, strict=True)
    return {
        "image": {"name": case.name, "width": width, "height": height, "sha256": case.sha256},
        "objects": [
            {
                "class": name,
                "box": box,
                "verdict": finding.verdict.value,
                "sentence": finding.sentence,
                "iou": finding.iou,
                "score": finding.score,
                "fixes": [_fix_numbers(fix) for fix in case.fixes.get(g, ())],
            }
            for g, (name, box, finding) in enumerate(objects)
        ],
        "false_alarms": [
            {
                "class": detector.classes[int(examined.labels[alarm.detection])],
                "box": examined.detections[alarm.detection].tolist(),
                "score": float(examined.scores[alarm.detection]),
                "mistake": alarm.mistake.value,
                "near": alarm.object,
                "iou": alarm.iou,
            }
            for alarm in examined.alarms
        ],
    }


def _joined(of_each: Iterable[tuple[int, list[BoxLayer]]]) -> list[BoxLayer]:
    """The layers of one name as one, each box with its object's number."""
    by_name: dict[str, list[tuple[int, BoxLayer]]] = {}
    for number, layers in of_each:
        for layer in layers:
            by_name.setdefault(layer.name, []).append((number, layer))
    return [
        replace(
            of[0][1],
            boxes_in_image=torch.cat([layer.boxes_in_image.cpu() for _, layer in of]),
            columns={"object": torch.tensor([number for number, _ in of])},
        )
        for of in by_name.values()
    ]


def _miss(number: int, name: str, finding: Finding, tried: Iterable[Fix] | None) -> Element:
    heading = el("strong", f"Object {number}, {name}: {name_of(finding.verdict)}.")
    told = el("p", heading, f" {finding.sentence}")
    if finding.verdict not in TRIED:
        return el("div", told, el("p", word("report.no_setting").sentence, class_="aside"))
    if tried is None:
        return told
    tried = list(tried)
    ways = [
        el(
            "li",
            f"{fix.name} {fix.before:g} \N{RIGHTWARDS ARROW} {fix.after:g}; false alarms {fix.false_alarms:+,}, "
            f"objects found {fix.found:+,}",
        )
        for fix in tried
    ]
    key = "report.found_by" if tried else "report.no_single"
    return el("div", told, el("p", word(key).sentence, class_="aside"), el("ul", *ways) if ways else None)


def _alarms(case: Case, detector: Detector) -> Element | None:
    alarms = case.examined.alarms
    if not alarms:
        return None
    counts = Counter(name_of(alarm.mistake) for alarm in alarms)
    summary = f"{len(alarms):,} false alarms: " + ", ".join(f"{count:,} {kind}" for kind, count in counts.most_common())
    rows = [
        (
            detector.classes[int(case.examined.labels[alarm.detection])],
            name_of(alarm.mistake),
            f"{float(case.examined.scores[alarm.detection]):.3f}",
            f"{alarm.iou:.3f}",
        )
        for alarm in alarms
    ]
    head = [word(f"report.{name}").term for name in ("class", "kind", "score", "iou")]
    return el("details", el("summary", summary), table(head, rows))


def _fix_numbers(fix: Fix) -> dict[str, Any]:
    names = ("name", "before", "after", "false_alarms", "found")
    return {name: getattr(fix, name) for name in names}
