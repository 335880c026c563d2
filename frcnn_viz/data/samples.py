"""The pictures that come with the program, with their ground truth: drawn street scenes, and photographs of cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from frcnn_viz.data.annotations import AnnotatedImage
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage, from_pil, load_image
from frcnn_viz.data.scenes import SAMPLES as SCENES
from frcnn_viz.data.scenes import sample_scene
from frcnn_viz.data.scenes.options import CLASSES
from frcnn_viz.data.sources import open_source
from frcnn_viz.paths import ASSETS

CELLS = ASSETS / "cells"
"""24 photographs of the validation list of BCCD, their ground truth as COCO has it, and their licence."""
CELL_NUMBERS = (
    *(14, 17, 35, 55, 73, 111, 125, 145, 162, 207, 217, 221),
    *(236, 245, 261, 274, 310, 312, 331, 340, 367, 383, 389, 402),
)
"""Of BCCD's photographs. One from each 24th of its validation list, with all three kinds of cell where one has them."""
CELL_LESSON = (
    "A photograph of a blood smear: crowded red cells (RBC), a white cell (WBC) with its dark nucleus, small "
    "platelets. Not every cell that one sees is annotated."
)


@dataclass(frozen=True)
class Sample:
    """A picture that comes with the program.

    Attributes:
        title: for the screen. set: the set it belongs to, `samples` (street scenes) or `cells`.
        lesson: what to look at. load: gives the picture and what is on it.
    """

    title: str
    set: str
    lesson: str
    load: Callable[[], tuple[LoadedImage, GroundTruth]]


def samples_of(set: str) -> list[str]:
    """The names of a set's samples; none where it has none."""
    return [name for name, sample in SAMPLES.items() if sample.set == set]


@cache
def sample_picture(name: str) -> tuple[LoadedImage, GroundTruth]:
    """A sample: the picture, and its ground truth.

    Raises:
        KeyError: there is no such sample.
    """
    return SAMPLES[name].load()


def _scene(name: str) -> tuple[LoadedImage, GroundTruth]:
    scene = sample_scene(name)
    names = tuple(CLASSES[label - 1] for label in scene.labels.tolist())
    return from_pil(scene.image, f"{name}.png"), GroundTruth(scene.boxes_in_image, names)


def _cell(number: int) -> tuple[LoadedImage, GroundTruth]:
    image = _cells()[f"BloodImage_{number:05}"]
    return load_image(CELLS / str(image.file)), GroundTruth.of(image.objects)


@cache
def _cells() -> dict[str, AnnotatedImage]:
    return {PurePosixPath(image.name).stem: image for image in read_dataset(open_source(CELLS)).images}


SAMPLES: dict[str, Sample] = {
    name: Sample(scene.title, "samples", scene.lesson, lambda name=name: _scene(name)) for name, scene in SCENES.items()
} | {
    f"cells-{number:03}": Sample(f"Blood cells {place}", "cells", CELL_LESSON, lambda number=number: _cell(number))
    for place, number in enumerate(CELL_NUMBERS, start=1)
}
"""By name; the first is where one begins."""
SAMPLE_SETS = tuple(dict.fromkeys(sample.set for sample in SAMPLES.values()))
