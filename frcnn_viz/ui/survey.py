"""A detector run over the whole workspace: how many objects it misses on each image. Kept for as long as it holds."""

from __future__ import annotations

from collections.abc import Callable

from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import ImageError
from frcnn_viz.data.workspace import Item
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui import library

_COUNTS: dict[tuple, tuple[int, int]] = {}
_MOST = 200_000


def known(detector: Detector, settings: Settings, items: list[Item]) -> dict[str, tuple[int, int]]:
    """Missed objects and false alarms of the images that were looked at as they are now, by id."""
    keys = {item.id: _key(detector, settings, item) for item in items}
    return {name: _COUNTS[key] for name, key in keys.items() if key in _COUNTS}


def run(detector: Detector, settings: Settings, items: list[Item], progress: Callable[[int, int], None]) -> list[str]:
    """Look at every image with objects that was not looked at yet; returns sentences about those that cannot be read.

    What is done is kept at once: stopped within `progress`, it goes on from there the next time.
    """
    waiting = [item for item in items if item.objects and _key(detector, settings, item) not in _COUNTS]
    problems = []
    for done, item in enumerate(waiting):
        progress(done, len(waiting))
        try:
            image = library.workspace().load(item.id)
        except (DataError, ImageError) as error:
            problems.append(str(error))
            continue
        found = Trace(detector.model, image.tensor, settings).detections
        truth = GroundTruth.of(item.objects)
        outcomes = judge(found.boxes_in_image, found.labels, truth.boxes_in_image, truth.labels_in(detector.classes))
        if len(_COUNTS) >= _MOST:
            _COUNTS.pop(next(iter(_COUNTS)))
        counts = int(outcomes.missed.sum()), int(outcomes.false_alarms.sum())
        _COUNTS[_key(detector, settings, item)] = counts
    return problems


def _key(detector: Detector, settings: Settings, item: Item) -> tuple:
    return detector.name, detector.device, settings, item.id, item.revision
