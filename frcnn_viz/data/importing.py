"""Many pictures and their ground truth into the workspace at once: a folder, a zip, files, annotations alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from frcnn_viz.data.annotations import DataError, Dataset
from frcnn_viz.data.images import ImageError
from frcnn_viz.data.room import FullError, left_out
from frcnn_viz.data.sources import Source
from frcnn_viz.data.workspace import Workspace


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        images: the id of each image that can be looked at now, in the order of the set, and whether it is new.
        problems: what was left out and why, in plain sentences.
        full: for how many there was no room, in one; none where there was.
    """

    images: tuple[tuple[str, bool], ...]
    problems: tuple[str, ...]
    full: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The images, in the order of the set."""
        return tuple(key for key, _ in self.images)

    @property
    def added(self) -> tuple[str, ...]:
        """Those that are new."""
        return tuple(key for key, new in self.images if new)

    @property
    def known(self) -> tuple[str, ...]:
        """Those that were there."""
        return tuple(key for key, new in self.images if not new)


def import_source(
    workspace: Workspace,
    source: Source,
    dataset: Dataset,
    progress: Callable[[int, int], bool] = lambda done, total: True,
) -> Imported:
    """Add every picture of a source with its objects, and the classes; what cannot be used is told.

    Annotations that came without any picture go to the images of the same name that are there already.

    Args:
        workspace: where they go.
        source: the files.
        dataset: what `read_dataset` made of them.
        progress: called after each image; may return False to stop: what was added until then stays.
    """
    if not source.images:
        return _annotate(workspace, dataset)
    images, problems = [], [bad.sentence for bad in dataset.unreadable]
    full: list[FullError] = []
    workspace.add_classes(dataset.classes)
    for done, image in enumerate(dataset.images):
        try:
            if image.file is None:
                raise ImageError(f"{image.source} annotates {image.name}, which is not among the pictures.")
            images.append(workspace.add(source.read(image.file), image.name, image.objects))
        except FullError as error:  # a smaller one may fit, or be here already
            full.append(error)
        except (ImageError, DataError) as error:
            problems.append(str(error))
        if not progress(done + 1, len(dataset.images)):
            break
    return Imported(tuple(images), tuple(problems), left_out(full, "picture"))


def _annotate(workspace: Workspace, dataset: Dataset) -> Imported:
    by_name = {PurePosixPath(item.name).stem.lower(): item.id for item in workspace.items()}
    known, problems = [], [bad.sentence for bad in dataset.unreadable]
    full: list[FullError] = []
    workspace.add_classes(dataset.classes)
    for image in dataset.images:
        key = by_name.get(PurePosixPath(image.name.replace("\\", "/")).stem.lower())
        if key is None:
            problems.append(f"{image.source} annotates {image.name}, which is not in the workspace; add it first.")
            continue
        try:
            workspace.save(key, image.objects)
            known.append((key, False))
        except FullError as error:
            full.append(error)
    return Imported(tuple(known), tuple(problems), left_out(full, "annotated picture"))
