"""The scene of a row of a student's file, on this computer: its picture, detector and settings, without a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.clip import PREFIX
from frcnn_viz.data.clips import find_frame
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.homes import home_of
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.data.samples import SAMPLE_SETS, SAMPLES, sample_picture, samples_of
from frcnn_viz.lessons.record import Row
from frcnn_viz.lessons.scene import Scene
from frcnn_viz.models.registry import Detector, load_detector
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.settings import Settings, SettingsError

MOST_SETTINGS = {
    "min_size": 1200,
    "max_size": 2000,
    "rpn_pre_nms_top_n": 2000,
    "rpn_post_nms_top_n": 2000,
    "box_detections_per_img": 300,
    "rpn_batch_size_per_image": 1024,
    "box_batch_size_per_image": 1024,
    "rpn_pre_nms_top_n_train": 4000,
    "rpn_post_nms_top_n_train": 4000,
}
"""What a file may ask for where the model itself has no more; it is as far as the app's sliders go."""
MOST_ANCHORS = 32
"""Of a cell, where the model itself has no more."""
SHARED_BYTES = 2**30
"""Of what is computed, held for the next row that asks for it."""
SHARED_SCENES = 64


def open_picture(key: str) -> tuple[LoadedImage, GroundTruth | None]:
    """A sample, a clip's frame, or an image of a workspace, and what is on it; None where nobody said.

    Raises:
        DataError, ImageError: it is not here, or damaged.
    """
    if key in SAMPLES:
        return sample_picture(key)
    if key.startswith(PREFIX):
        clip, frame = find_frame(key)
        return clip.frame(frame), clip.truth(frame)
    workspace = home_of(key)
    if key not in workspace:
        raise DataError(f"The picture {key[:40]!r} is not in this workspace; add the student's, and try again.")
    objects = workspace.item(key).objects
    return workspace.load(key), GroundTruth.of(objects) if objects else None


def samples_for(detector: Detector) -> list[str]:
    """The pictures that come with the program and hold what a detector knows; the first set's where none do."""
    for name in SAMPLE_SETS:
        keys = samples_of(name)
        if (sample_picture(keys[0])[1].labels_in(detector.classes) > 0).any():
            return keys
    return samples_of(next(iter(SAMPLE_SETS)))


def open_scene(row: Row, device: str = "auto", memory: Memory | None = None) -> Scene:
    """What a student had before the eyes.

    Args:
        row: of the student's file.
        device: as `load_detector` takes it.
        memory: shared between the rows of a class.

    Raises:
        DataError, ImageError, ModelError, WeightsError: something of it is not here.
        SettingsError: there are no such settings, or they would cost too much.
    """
    return _open(row.picture, row.detector, row.random, row.settings, device, memory)


def shared_opener(device: str = "auto", memory: Memory | None = None) -> Callable[[Row], Scene]:
    """`open_scene` for a whole class: rows about the same get the same scene, and nothing is computed twice.

    Without a memory, one of its own.
    """
    memory = Memory(SHARED_BYTES) if memory is None else memory  # an empty one is false

    @lru_cache(SHARED_SCENES)
    def opened(picture: str, detector: str, random: bool, settings: tuple[tuple[str, str], ...]) -> Scene:
        return _open(picture, detector, random, dict(settings), device, memory)

    return lambda row: opened(row.picture, row.detector, row.random, tuple(sorted(row.settings.items())))


def _open(
    picture: str, name: str, random: bool, changes: Mapping[str, str], device: str, memory: Memory | None
) -> Scene:
    detector = load_detector(name, device, random_weights=random)
    own = Settings.of(detector.model)
    settings = own.with_text(dict(changes))
    _afford(settings, own)
    return Scene.of(picture, *open_picture(picture), detector, settings, random=random, memory=memory)


def _afford(settings: Settings, own: Settings) -> None:
    for name, most in MOST_SETTINGS.items():
        if (value := getattr(settings, name)) > max(most, getattr(own, name)):
            raise SettingsError(f"{name} is {value:,} in this file; answers are judged up to {most:,}.")
    if (count := _per_cell(settings)) > max(MOST_ANCHORS, _per_cell(own)):
        raise SettingsError(f"A cell has {count} anchors in this file; answers are judged up to {MOST_ANCHORS}.")


def _per_cell(settings: Settings) -> int:
    levels = zip(settings.anchor_sizes, settings.aspect_ratios, strict=True)
    return max(len(sizes) * len(ratios) for sizes, ratios in levels)
