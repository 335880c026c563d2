"""The scene of a row of a student's file, on this computer: its picture, detector and settings, without a browser."""

from __future__ import annotations

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.clip import PREFIX
from frcnn_viz.data.clips import find_frame
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.data.samples import SAMPLES, sample_picture
from frcnn_viz.data.workspace import Workspace, default_folder
from frcnn_viz.lessons.record import Row
from frcnn_viz.lessons.scene import Scene
from frcnn_viz.models.registry import load_detector
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.settings import Settings


def open_picture(key: str) -> tuple[LoadedImage, GroundTruth | None]:
    """A sample, a clip's frame, or an image of the usual workspace, and what is on it; None where nobody said.

    Raises:
        DataError, ImageError: it is not here, or damaged.
    """
    if key in SAMPLES:
        return sample_picture(key)
    if key.startswith(PREFIX):
        clip, frame = find_frame(key)
        return clip.frame(frame), clip.truth(frame)
    workspace = Workspace(default_folder())
    if key not in workspace:
        raise DataError(f"The picture {key[:40]!r} is not in this workspace; add the student's, and try again.")
    objects = workspace.item(key).objects
    return workspace.load(key), GroundTruth.of(objects) if objects else None


def open_scene(row: Row, device: str = "auto", memory: Memory | None = None) -> Scene:
    """What a student had before the eyes.

    Args:
        row: of the student's file.
        device: as `load_detector` takes it.
        memory: shared between the rows of a class.

    Raises:
        DataError, ImageError, ModelError, WeightsError, SettingsError: something of it is not here.
    """
    detector = load_detector(row.detector, device, random_weights=row.random)
    settings = Settings.of(detector.model).with_text(dict(row.settings))
    picture = open_picture(row.picture)
    return Scene.of(row.picture, *picture, detector, settings, random=row.random, memory=memory)
