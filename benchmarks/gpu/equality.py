"""Is the trace `model([image])` there too? Every detector of the registry, with random weights where its own lack."""

from __future__ import annotations

from benchmarks.gpu.part import MOST_PIXELS, MOST_SCORE, Part, exact, told
from frcnn_viz.analysis.equality import Difference, compare_with_model
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import sample_scene
from frcnn_viz.models.registry import ENTRIES, Detector, load_detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace


def equality(device: str, changes: dict[str, int]) -> Part:
    """The largest differences of each; `changes` are of its settings. Scores from 0 on, so that all find something."""
    image = from_pil(sample_scene("first-street").image, "scene").tensor
    rows, holds = [], True
    for name, entry in ENTRIES.items():
        detector = load_detector(name, device, random_weights=not entry.is_here)
        settings = Settings.of(detector.model).replace(box_score_thresh=0.0, **changes)
        with exact():
            trace = Trace(detector.model, image, settings)
            difference = compare_with_model(trace)
        good = len(trace.detections) > 0 and is_close(difference)
        rows.append(_row(detector, len(trace.detections), difference, good))
        holds &= good
    return Part(
        [
            "### Equality",
            "",
            f"Largest differences between a trace and `model([image])`, at most {MOST_PIXELS:g} px and {MOST_SCORE:g}. "
            "No TF32; cuDNN deterministic, without benchmark.",
            "",
            "| detector | weights | detections | boxes, px | scores | labels | masks | keypoints | |",
            "|---|---|--:|--:|--:|--:|--:|--:|---|",
            *rows,
            "",
            told(f"All {len(rows)} equal", holds),
        ],
        holds,
    )


def is_close(of: Difference) -> bool:
    return (
        not of.count
        and not of.labels
        and max(of.boxes, of.keypoints) <= MOST_PIXELS
        and max(of.scores, of.masks) <= MOST_SCORE
    )


def _row(detector: Detector, found: int, of: Difference, good: bool) -> str:
    weights = "its own" if detector.trained else "random"
    numbers = f"{of.boxes:g} | {of.scores:g} | {of.labels} | {of.masks:g} | {of.keypoints:g}"
    return f"| {detector.name} | {weights} | {found} | {numbers} | {'equal' if good else 'DIFFERENT'} |"
