"""The sets of annotated pictures that a run can name: a folder or zip, the workspace, the class's, or drawn scenes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Dataset, Object
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.homes import of_class, own
from frcnn_viz.data.samples import CELLS
from frcnn_viz.data.scenes import CLASSES, draw_scene
from frcnn_viz.data.sources import open_source
from frcnn_viz.data.tenant import tenant
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import CLASS, WORKSPACE

SCENES = "scenes"
MOST_SCENES = 20_000


@dataclass(frozen=True)
class OpenSet:
    """A set that a run names.

    Attributes:
        annotations: makes the dataset.
        read: the bytes of an image's file; it raises DataError, OSError or KeyError where that is gone.
    """

    annotations: Callable[[], Dataset]
    read: Callable[[AnnotatedImage], bytes]

    @cached_property
    def dataset(self) -> Dataset:
        """Its images that have a picture, whose `file` names it within the set; read when first asked for.

        Raises:
            DataError: it cannot be read.
        """
        return self.annotations()

    def content(self, image: AnnotatedImage) -> bytes:
        """The bytes of an image's file.

        Raises:
            DataError: it is gone or cannot be read.
        """
        try:
            return self.read(image)
        except DataError:
            raise
        except (OSError, KeyError) as error:
            raise DataError(f"{image.name} is gone, or cannot be read any more.") from error


def open_set(data: str) -> OpenSet:
    """The set of that name, as a run has it in `data`.

    Raises:
        DataError, TrainingError: it is not there, cannot be read, or may not be opened by its path.
    """
    if data in (WORKSPACE, CLASS):
        workspace = own() if data == WORKSPACE else of_class()
        return OpenSet(workspace.dataset, workspace.picture)
    if data.partition(":")[0] == SCENES:
        return _scenes(data)
    source = open_source(CELLS if data == str(CELLS) else tenant().named(data))

    def annotations() -> Dataset:
        dataset = read_dataset(source)
        return dataset.with_images([image for image in dataset.images if image.file])

    return OpenSet(annotations, lambda image: source.read(str(image.file)))


def classes_to_learn(dataset: Dataset, known: Sequence[str]) -> tuple[str, ...]:
    """The classes that objects of a set have; () where a detector knows them all."""
    used = {name for image in dataset.images for name in GroundTruth.of(image.objects).counted.names}
    return () if used <= set(known) else tuple(name for name in dataset.classes if name in used)


def absolute(data: str) -> str:
    """The same set, named so that it is found from any folder."""
    named = data.partition(":")[0] in (WORKSPACE, SCENES)
    return data if named else str(Path(data).expanduser().absolute())


def _scenes(data: str) -> OpenSet:
    numbers = data.split(":")[1:]
    if not 1 <= len(numbers) <= 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise TrainingError(f"{data[:80]!r} names no scenes; write scenes:COUNT or scenes:COUNT:SEED.")
    count, first = int(numbers[0][:12]), int(numbers[1][:12]) if len(numbers) > 1 else 0
    if not 1 <= count <= MOST_SCENES or first > 2**31:
        raise TrainingError(f"{data[:80]!r}: choose 1 to {MOST_SCENES:,} scenes, and a seed up to {2**31:,}.")

    def image(seed: int) -> AnnotatedImage:
        scene = draw_scene(seed)
        labels = (CLASSES[label - 1] for label in scene.labels.tolist())
        objects = map(Object, map(tuple, scene.boxes_in_image.tolist()), labels)
        return AnnotatedImage(f"scene-{seed}.png", tuple(objects), file=str(seed))

    return OpenSet(lambda: Dataset(tuple(map(image, range(first, first + count))), CLASSES), _scene_file)


def _scene_file(image: AnnotatedImage) -> bytes:
    file = io.BytesIO()
    draw_scene(int(str(image.file))).image.save(file, "BMP")
    return file.getvalue()
