"""A detector run over many images, each examined once for as long as image, ground truth and settings stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from frcnn_viz.analysis.examination import Examination, examine_image
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import ImageError, LoadedImage
from frcnn_viz.data.scenes import SAMPLES
from frcnn_viz.data.workspace import Item
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.settings import TRAINING_NAMES, Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui import library
from frcnn_viz.ui.session import sample_picture

_DONE: dict[tuple, Examination] = {}
_MOST = 20_000


@dataclass(frozen=True, eq=False)
class Subject:
    """One image to be examined.

    Attributes:
        key: what `session.choose_image` takes. version: changes with its ground truth.
        truth: what is on it. load: gives the picture.
    """

    key: str
    version: int
    truth: GroundTruth
    load: Callable[[], LoadedImage]


def of_items(items: Sequence[Item]) -> list[Subject]:
    """The images of the workspace that have objects."""
    load = lambda key: lambda: library.workspace().load(key)  # noqa: E731
    return [Subject(i.id, i.revision, library.ground_truth(i), load(i.id)) for i in items if i.objects]


def of_samples() -> list[Subject]:
    """The sample scenes."""
    load = lambda name: lambda: sample_picture(name)[0]  # noqa: E731
    return [Subject(name, 0, sample_picture(name)[1], load(name)) for name in SAMPLES]


def known(detector: Detector, settings: Settings, subjects: Sequence[Subject]) -> dict[str, Examination]:
    """What was examined as it is now, by key."""
    keys = {subject.key: _key(detector, settings, subject) for subject in subjects}
    return {name: _DONE[key] for name, key in keys.items() if key in _DONE}


def run(
    detector: Detector, settings: Settings, subjects: Sequence[Subject], progress: Callable[[int, int], None]
) -> list[str]:
    """Examine what was not examined yet; returns sentences about images that cannot be read.

    What is done is kept at once: stopped within `progress`, it goes on from there the next time.
    """
    waiting = [subject for subject in subjects if _key(detector, settings, subject) not in _DONE]
    problems = []
    for done, subject in enumerate(waiting):
        progress(done, len(waiting))
        try:
            image = subject.load()
        except (DataError, ImageError) as error:
            problems.append(str(error))
            continue
        if len(_DONE) >= _MOST:
            _DONE.pop(next(iter(_DONE)))
        trace = Trace(detector.model, image.tensor, settings)
        _DONE[_key(detector, settings, subject)] = examine_image(detector, trace, subject.truth)
    return problems


def _key(detector: Detector, settings: Settings, subject: Subject) -> tuple:
    inference = tuple(value for name, value in vars(settings).items() if name not in TRAINING_NAMES)
    return detector.name, str(detector.device), inference, subject.key, subject.version
